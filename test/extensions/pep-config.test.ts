// A node's configuration as fields of a form: what can be asked, what is refused, what meets a precondition.

import { describe, expect, test } from 'vitest'
import { changed, defaultConfig, fieldsOf, meets } from '../../extensions/pep/config.js'
import { StanzaError } from '../../server/stanza-error.js'
import type { NodeConfig } from '../../storage/pep.js'

const limits = { nodes: 10, items: 100, bytes: 1000 }

const fields = (given: Readonly<Record<string, string | readonly string[]>>): Map<string, readonly string[]> =>
  new Map(Object.entries(given).map(([name, value]) => [`pubsub#${name}`, typeof value === 'string' ? [value] : value]))

const change = (given: Readonly<Record<string, string | readonly string[]>>): NodeConfig =>
  changed(defaultConfig, fields(given), limits, 'refuse')

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (reason) {
    if (!(reason instanceof StanzaError)) throw reason
    return [reason.condition, reason.detail?.name].filter((part) => part !== undefined).join(' ')
  }
  return 'accepted'
}

describe('fields of a configuration', () => {
  test.each([
    [{ access_model: 'open' }, { accessModel: 'open' }],
    [{ access_model: 'whitelist' }, { accessModel: 'whitelist' }],
    [{ max_items: 'max' }, { maxItems: 'max' }],
    [{ max_items: '99' }, { maxItems: 99 }],
    [{ max_items: '100' }, { maxItems: 'max' }],
    [{ max_items: '9999' }, { maxItems: 'max' }],
    [{ persist_items: 'false' }, { persistItems: false }],
    [{ persist_items: '0' }, { persistItems: false }],
    [{ persist_items: 'true' }, {}],
    [{ send_last_published_item: 'never' }, { sendLast: 'never' }],
    [{ notify_retract: '0' }, { notifyRetract: false }],
    [{ deliver_payloads: '0' }, { deliverPayloads: false }],
    [{ notify_delete: 'true', publish_model: 'publishers', item_expire: 'max' }, {}],
  ] as const)('%j is understood', (given, difference) => {
    expect(change(given)).toEqual({ ...defaultConfig, ...difference })
  })

  test.each([
    [{ access_model: 'authorize' }, 'not-acceptable unsupported-access-model'],
    [{ access_model: '' }, 'not-acceptable unsupported-access-model'],
    [{ access_model: ['open', 'presence'] }, 'not-acceptable'],
    [{ access_model: [] }, 'not-acceptable'],
    [{ max_items: '0' }, 'not-acceptable'],
    [{ max_items: '-1' }, 'not-acceptable'],
    [{ max_items: '1e3' }, 'not-acceptable'],
    [{ max_items: '99999999999999999999' }, 'not-acceptable'],
    [{ persist_items: 'yes' }, 'not-acceptable'],
    [{ send_last_published_item: 'always' }, 'not-acceptable'],
    [{ publish_model: 'open' }, 'not-acceptable'],
    [{ purge_offline: '1' }, 'not-acceptable'],
    [{ notify_delete: '0' }, 'not-acceptable'],
    [{ colour: 'red' }, 'bad-request invalid-options'],
  ] as const)('%j is refused', (given, outcome) => {
    expect(refusal(() => change(given))).toBe(outcome)
  })

  test('a field that nobody knows is left out of a form for the owner', () => {
    expect(changed(defaultConfig, fields({ colour: 'red', access_model: 'open' }), limits, 'ignore')).toEqual({
      ...defaultConfig,
      accessModel: 'open',
    })
  })

  test('the form that is given can be submitted as it is, and changes nothing', () => {
    const config: NodeConfig = {
      ...defaultConfig,
      accessModel: 'open',
      maxItems: 'max',
      sendLast: 'never',
      notifyRetract: false,
    }
    const submitted = new Map(fieldsOf(config).map(({ name, value }) => [name, [value]]))
    expect(changed(config, submitted, limits, 'refuse')).toEqual(config)
    expect(meets(config, submitted, limits)).toBe(true)
  })

  test('every value in the form is among its options', () => {
    for (const { options, value } of fieldsOf(defaultConfig)) {
      if (options.length > 0) expect(options).toContain(value)
    }
  })
})

describe('preconditions', () => {
  test('are met by a node that has the values, and by nothing asked', () => {
    expect(
      meets(defaultConfig, fields({ access_model: 'presence', persist_items: 'true', max_items: '1' }), limits),
    ).toBe(true)
    expect(meets(defaultConfig, fields({}), limits)).toBe(true)
  })

  test('are not met when one of them differs', () => {
    expect(meets(defaultConfig, fields({ persist_items: 'true', access_model: 'open' }), limits)).toBe(false)
    expect(meets(defaultConfig, fields({ max_items: 'max' }), limits)).toBe(false)
  })

  test('more items than the server keeps is as many as it keeps', () => {
    expect(meets({ ...defaultConfig, maxItems: 'max' }, fields({ max_items: '9999' }), limits)).toBe(true)
  })

  test('that nobody knows are refused', () => {
    expect(refusal(() => meets(defaultConfig, fields({ colour: 'red' }), limits))).toBe('bad-request invalid-options')
  })
})
