// What goes over the control socket: one JSON line asks, one JSON line answers.

import type { RegistrationReport } from './index.js'

export type ControlRequest =
  | { readonly command: 'user add' | 'user passwd'; readonly jid: string; readonly password: string }
  | { readonly command: 'user remove'; readonly jid: string }
  | { readonly command: 'user list' }
  | { readonly command: 'push list'; readonly account: string | undefined }

export type ControlAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'users'; readonly users: readonly string[] }
  | { readonly kind: 'registrations'; readonly registrations: readonly RegistrationReport[] }
  /** `message` is one sentence for a person. */
  | { readonly kind: 'failed'; readonly message: string }

type Fields = Readonly<Record<string, unknown>>

/** Undefined for what is no request: it may come from another version, or from anybody who may open the socket. */
export function parseRequest(line: string): ControlRequest | undefined {
  const fields = parseFields(line)
  switch (fields?.['command']) {
    case 'user add':
    case 'user passwd':
      return withPassword(fields['command'], fields)
    case 'user remove':
      return typeof fields['jid'] === 'string' ? { command: 'user remove', jid: fields['jid'] } : undefined
    case 'user list':
      return { command: 'user list' }
    case 'push list':
      return isOptionalText(fields['account']) ? { command: 'push list', account: fields['account'] } : undefined
    default:
      return undefined
  }
}

function withPassword(command: 'user add' | 'user passwd', { jid, password }: Fields): ControlRequest | undefined {
  return typeof jid === 'string' && typeof password === 'string' ? { command, jid, password } : undefined
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
      const list = fields['registrations']
      return isListOf(list, isFields) ? registrationsOf(list) : undefined
    }
    case 'failed':
      return typeof fields['message'] === 'string' ? { kind: 'failed', message: fields['message'] } : undefined
    default:
      return undefined
  }
}

function registrationsOf(list: readonly Fields[]): ControlAnswer | undefined {
  const registrations = list.flatMap((fields) => parseRegistration(fields) ?? [])
  return registrations.length === list.length ? { kind: 'registrations', registrations } : undefined
}

function parseRegistration(fields: Fields): RegistrationReport | undefined {
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

function parseFields(line: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(line)
    return isFields(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isFields(raw: unknown): raw is Fields {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw)
}

function isText(raw: unknown): raw is string {
  return typeof raw === 'string'
}

function isOptionalText(raw: unknown): raw is string | undefined {
  return raw === undefined || typeof raw === 'string'
}

function isOptionalNumber(raw: unknown): raw is number | undefined {
  return raw === undefined || typeof raw === 'number'
}

function isListOf<T>(raw: unknown, is: (one: unknown) => one is T): raw is readonly T[] {
  return Array.isArray(raw) && raw.every(is)
}
