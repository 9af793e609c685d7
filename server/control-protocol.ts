// What goes over the control socket: one JSON line asks, one JSON line answers.

import { parseRegistration, parseTest, parseTraceEntry } from './control-records.js'
import { type Fields, isListOf, isOptionalText, isText, parseFields, parseList } from './fields.js'
import type { PushTest, RegistrationReport, TraceEntry } from './index.js'

export type ControlRequest =
  | { readonly command: 'user add' | 'user passwd'; readonly jid: string; readonly password: string }
  | { readonly command: 'user remove'; readonly jid: string }
  | { readonly command: 'user list' }
  | { readonly command: 'push list' | 'push trace'; readonly account: string | undefined }
  | { readonly command: 'push test'; readonly account: string }

export type ControlAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'users'; readonly users: readonly string[] }
  | { readonly kind: 'registrations'; readonly registrations: readonly RegistrationReport[] }
  | { readonly kind: 'trace'; readonly entries: readonly TraceEntry[] }
  | { readonly kind: 'tests'; readonly tests: readonly PushTest[] }
  /** `message` is one sentence for a person. */
  | { readonly kind: 'failed'; readonly message: string }

/** Undefined for what is no request: it may come from another version, or from anybody who may open the socket. */
export function parseRequest(line: string): ControlRequest | undefined {
  const fields = parseFields(line)
  switch (fields?.['command']) {
    case 'user add':
    case 'user passwd':
      return withPassword(fields['command'], fields)
    case 'user remove':
      return isText(fields['jid']) ? { command: 'user remove', jid: fields['jid'] } : undefined
    case 'user list':
      return { command: 'user list' }
    case 'push list':
    case 'push trace':
      return isOptionalText(fields['account']) ? { command: fields['command'], account: fields['account'] } : undefined
    case 'push test':
      return isText(fields['account']) ? { command: 'push test', account: fields['account'] } : undefined
    default:
      return undefined
  }
}

function withPassword(command: 'user add' | 'user passwd', { jid, password }: Fields): ControlRequest | undefined {
  return isText(jid) && isText(password) ? { command, jid, password } : undefined
}

/** Undefined for what is no answer. */
export function parseAnswer(line: string): ControlAnswer | undefined {
  const fields = parseFields(line)
  switch (fields?.['kind']) {
    case 'done':
      return { kind: 'done' }
    case 'users':
      return isListOf(fields['users'], isText) ? { kind: 'users', users: fields['users'] } : undefined
    case 'registrations': {
      const registrations = parseList(fields['registrations'], parseRegistration)
      return registrations && { kind: 'registrations', registrations }
    }
    case 'trace': {
      const entries = parseList(fields['entries'], parseTraceEntry)
      return entries && { kind: 'trace', entries }
    }
    case 'tests': {
      const tests = parseList(fields['tests'], parseTest)
      return tests && { kind: 'tests', tests }
    }
    case 'failed':
      return isText(fields['message']) ? { kind: 'failed', message: fields['message'] } : undefined
    default:
      return undefined
  }
}
