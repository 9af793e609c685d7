// What a person, and a program, is shown of registrations and of their tests. Never a key. Pure.

import type { Registration } from '../../storage/push.js'
import type { CommandForm, CommandTable, FormOption } from '../commands/hooks.js'
import type { PushTest } from '../push/hooks.js'

/** What is shown of a registration, and no more: a run of the command holds it for as long as its owner takes. */
export interface Shown extends Pick<
  Registration,
  'service' | 'node' | 'state' | 'reason' | 'disabledAt' | 'created' | 'lastResult' | 'omemoDevice'
> {
  readonly client: string
  readonly isSealed: boolean
  /** Whether the OMEMO device is in the account's own lists. Undefined without a device. */
  readonly deviceKnown: boolean | undefined
}

/** @param devices those in the account's own lists */
export function shownOf(registration: Registration, devices: readonly number[]): Shown {
  const { service, node, state, reason, disabledAt, created, lastResult, omemoDevice, client, sealing } = registration
  return {
    ...{ service, node, state, reason, disabledAt, created, lastResult, omemoDevice },
    client: client.resource,
    isSealed: sealing !== undefined,
    deviceKnown: omemoDevice === undefined ? undefined : devices.includes(omemoDevice),
  }
}

const title = 'My push registrations'

/** A node may be as long as its service likes. */
const longestNode = 40

/** What can be done, and with which: the value of one is its place in the list. */
export function choiceForm(all: readonly Shown[]): CommandForm {
  return {
    title,
    instructions: 'These services tell your devices of new messages. Choose what to do, and with which of them.',
    fields: [
      {
        name: 'action',
        type: 'list-single',
        label: 'What to do',
        required: true,
        values: ['list'],
        options: [
          { value: 'list', label: 'List them' },
          { value: 'test', label: 'Send a test notification' },
          { value: 'remove', label: 'Remove them' },
        ],
      },
      { name: 'registrations', type: 'list-multi', label: 'Registrations', options: all.map(optionFor) },
    ],
  }
}

export function confirmForm(chosen: readonly Shown[]): CommandForm {
  const lines = chosen.map(nameOf).join('; ')
  return {
    title: 'Remove push registrations',
    instructions: `No notifications will go there any more, unless an app enables them again: ${lines}`,
    fields: [],
  }
}

export const waitingForm: CommandForm = {
  title: 'Test notifications',
  instructions: 'They are sent. Not every service has answered yet: look again in a moment.',
  fields: [],
}

export function registrationTable(all: readonly Shown[]): CommandTable {
  return {
    title,
    columns: [
      { name: 'jid', label: 'Service' },
      { name: 'node', label: 'Node' },
      { name: 'state', label: 'State' },
      { name: 'reason', label: 'Why it is disabled' },
      { name: 'since', label: 'Since when it is disabled' },
      { name: 'client', label: 'Client' },
      { name: 'created', label: 'Enabled' },
      { name: 'last-result', label: 'Last answer of the service' },
      { name: 'last-result-at', label: 'When it answered' },
      { name: 'sealed', label: 'Sealed' },
      { name: 'device', label: 'OMEMO device' },
      { name: 'device-known', label: 'The device is in your device list' },
    ],
    rows: all.map(rowFor),
  }
}

/** @param chosen what was to be tested; what has no test is disabled, or gone meanwhile */
export function testTable(chosen: readonly Shown[], tests: readonly PushTest[]): CommandTable {
  return {
    title: 'Test notifications',
    columns: [
      { name: 'jid', label: 'Service' },
      { name: 'node', label: 'Node' },
      { name: 'works', label: 'Works' },
      { name: 'outcome', label: 'What the service answered' },
      { name: 'milliseconds', label: 'After how many milliseconds' },
    ],
    rows: chosen.map(({ service, node }) => {
      const test = tests.find((one) => one.service === service && (one.node ?? '') === node)
      return {
        jid: service,
        node,
        works: String(test?.works ?? false),
        outcome: test?.outcome ?? 'not sent: it is disabled',
        milliseconds: test?.answeredInMs?.toString(),
      }
    }),
  }
}

function optionFor(shown: Shown, index: number): FormOption {
  const { state, reason, lastResult, omemoDevice, deviceKnown } = shown
  const parts = [
    nameOf(shown),
    state === 'active' ? 'active' : `disabled: ${reason ?? ''}`,
    lastResult !== undefined && `last answer: ${lastResult.outcome}`,
    deviceKnown === false && `OMEMO device ${omemoDevice ?? ''} is gone from your device list`,
  ]
  return { value: String(index + 1), label: parts.filter((part) => part !== false).join(', ') }
}

function nameOf({ service, node, client }: Shown): string {
  const characters = [...node]
  const short = characters.length > longestNode ? `${characters.slice(0, longestNode).join('')}…` : node
  return `${service}${short === '' ? '' : ` ${short}`} (${client})`
}

function rowFor(shown: Shown): CommandTable['rows'][number] {
  const { service, node, state, reason, disabledAt, client, created, lastResult, isSealed } = shown
  return {
    jid: service,
    node,
    state,
    reason,
    since: timeOf(disabledAt),
    client,
    created: timeOf(created),
    'last-result': lastResult?.outcome,
    'last-result-at': timeOf(lastResult?.at),
    sealed: String(isSealed),
    device: shown.omemoDevice?.toString(),
    'device-known': shown.deviceKnown?.toString(),
  }
}

/** XEP-0082. */
function timeOf(at: number | undefined): string | undefined {
  return at === undefined ? undefined : new Date(at).toISOString()
}
