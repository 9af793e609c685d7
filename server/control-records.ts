// The records that come over the control socket: registrations, trace entries, tests. Undefined for what is none.

import { type Fields, isFields, isOptionalNumber, isOptionalText, isText, wordOf } from './fields.js'
import type { PushTest, RegistrationReport, TraceEntry } from './index.js'

export function parseRegistration(fields: Fields): RegistrationReport | undefined {
  const { account, service, node, sealed, maxSize, deviceId, deviceKnown, state, reason, client, created } = fields
  const lastResult = parseResult(fields['lastResult'])
  if (!isText(account) || !isText(service) || !isOptionalText(node) || !isText(client)) return undefined
  if (typeof sealed !== 'boolean' || !isOptionalNumber(maxSize) || !isOptionalNumber(deviceId)) return undefined
  if (deviceKnown !== undefined && typeof deviceKnown !== 'boolean') return undefined
  if ((state !== 'active' && state !== 'disabled') || !isOptionalText(reason)) return undefined
  if (typeof created !== 'number' || lastResult === 'wrong') return undefined
  return { account, service, node, sealed, maxSize, deviceId, deviceKnown, state, reason, client, created, lastResult }
}

function parseResult(raw: unknown): RegistrationReport['lastResult'] | 'wrong' {
  if (raw === undefined) return undefined
  if (!isFields(raw)) return 'wrong'
  const { at, outcome } = raw
  return typeof at === 'number' && typeof outcome === 'string' ? { at, outcome } : 'wrong'
}

const kinds = ['message', 'omemo', 'groupchat', 'call', 'invitation', 'request'] as const

const decisions = ['pushed', 'merged', 'waiting', 'not pushed', 'failed', 'dropped'] as const

export function parseTraceEntry(fields: Fields): TraceEntry | undefined {
  const { account, service, node, at, why, attempts, next } = fields
  const kind = wordOf(fields['kind'], kinds)
  const decision = wordOf(fields['decision'], decisions)
  if (!isText(account) || !isText(service) || !isOptionalText(node) || !isText(why)) return undefined
  if (typeof at !== 'number' || !isOptionalNumber(attempts) || !isOptionalNumber(next)) return undefined
  if (decision === undefined || kind !== fields['kind']) return undefined
  return { account, service, node, at, kind, decision, why, attempts, next }
}

export function parseTest(fields: Fields): PushTest | undefined {
  const { account, service, node, works, outcome, answeredInMs } = fields
  if (!isText(account) || !isText(service) || !isOptionalText(node) || !isText(outcome)) return undefined
  if (typeof works !== 'boolean' || !isOptionalNumber(answeredInMs)) return undefined
  return { account, service, node, works, outcome, answeredInMs }
}
