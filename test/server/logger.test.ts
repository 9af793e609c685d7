// The log: one line each, at once, and nothing in it commands a terminal.

import { describe, expect, test } from 'vitest'
import type { LogConfig } from '../../server/config.js'
import type { Log } from '../../server/log.js'
import { createLogger } from '../../server/logger.js'

function logged(config: LogConfig, write: (log: Log) => void): string {
  let text = ''
  write(createLogger(config, { write: (line) => void (text += line) }))
  return text
}

const json: LogConfig = { level: 'info', format: 'json' }
const pretty: LogConfig = { level: 'debug', format: 'pretty' }

describe('the log', () => {
  test('has one JSON object a line, with time, level and fields', () => {
    const line = logged(json, (log) =>
      log.info('a stream opened', { account: 'juliet@localhost', count: 2, unset: undefined }),
    )
    expect(line.endsWith('}\n')).toBe(true)
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      account: 'juliet@localhost',
      count: 2,
      msg: 'a stream opened',
    })
  })

  test('leaves out what is below its level', () => {
    const text = logged({ level: 'warn', format: 'json' }, (log) => {
      log.debug('no')
      log.info('no')
      log.warn('yes')
      log.error('yes')
    })
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      expect.objectContaining({ level: 'warn', msg: 'yes' }),
      expect.objectContaining({ level: 'error', msg: 'yes' }),
    ])
  })

  test('tells a fault with its stack and code', () => {
    const reason = Object.assign(new Error('broken'), { code: 'ENOSPC' })
    const line = logged(json, (log) => log.error('a write failed', {}, reason))
    expect(JSON.parse(line)).toMatchObject({ err: { message: 'broken', code: 'ENOSPC', stack: reason.stack } })
    expect(logged(pretty, (log) => log.error('a write failed', {}, reason))).toContain('logger.test.ts')
  })

  test('tells what was thrown and is no error', () => {
    expect(JSON.parse(logged(json, (log) => log.error('odd', {}, 'just words')))).toMatchObject({
      err: { message: 'just words' },
    })
  })

  test.each([json, pretty])('makes escape sequences of strangers visible ($format)', (config) => {
    const hostile = '\u{1b}[2J\u{9b}31m\u{202e}\u{2028}\nfake line'
    const text = logged(config, (log) => log.warn('odd', { node: hostile }, new Error(hostile)))
    expect(text).not.toMatch(/[\u{1b}\u{9b}\u{202e}\u{2028}]/u)
    expect(text).not.toMatch(/^fake line/m)
  })

  test('cuts what is very long', () => {
    expect(logged(json, (log) => log.info('long', { field: 'x'.repeat(1_000_000) })).length).toBeLessThan(5000)
  })
})
