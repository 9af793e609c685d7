// What is asked for a registration and what was given: the fields of `jabber:iq:register`, or a data form (XEP-0077 §3.1, §4).

import { StanzaError } from '../../server/stanza-error.js'
import { attr, child, children, el, type Element, text } from '../../server/xml.js'

export const NS = 'jabber:iq:register'
const FORM = 'jabber:x:data'

const instructions = 'Choose a user name and a password.'
const changeInstructions = 'You are registered. Choose another password, or remove your account.'

export interface Given {
  readonly username: string | undefined
  readonly password: string | undefined
}

/** For somebody who is not logged in, in both ways that there are (§4). */
export function blankForm(): Element {
  return el(
    'query',
    { xmlns: NS },
    el('instructions', {}, instructions),
    el('username'),
    el('password'),
    el(
      'x',
      { xmlns: FORM, type: 'form' },
      el('title', {}, 'Registration'),
      el('instructions', {}, instructions),
      el('field', { type: 'hidden', var: 'FORM_TYPE' }, el('value', {}, NS)),
      el('field', { type: 'text-single', var: 'username', label: 'User name' }, el('required')),
      el('field', { type: 'text-private', var: 'password', label: 'Password' }, el('required')),
    ),
  )
}

/** For somebody who is. The password is known to nobody. */
export function registeredForm(username: string): Element {
  return el(
    'query',
    { xmlns: NS },
    el('registered'),
    el('instructions', {}, changeInstructions),
    el('username', {}, username),
    el('password'),
  )
}

/** True when the account is to go. @throws StanzaError `bad-request` when anything stands beside it (§3.2) */
export function asksRemoval(query: Element): boolean {
  if (child(query, 'remove', NS) === undefined) return false
  if (query.getChildElements().length > 1) throw new StanzaError('bad-request', '<remove/> stands alone')
  return true
}

/** A data form goes before the fields (§5). An empty field is none. */
export function readGiven(query: Element): Given {
  const form = child(query, 'x', FORM)
  const find = form === undefined ? (name: string) => child(query, name, NS) : (name: string) => valueIn(form, name)
  return { username: textOf(find('username')), password: textOf(find('password')) }
}

function valueIn(form: Element, name: string): Element | undefined {
  if (attr(form, 'type') !== 'submit') return undefined
  const field = children(form, 'field').find((one) => attr(one, 'var') === name)
  return field && child(field, 'value')
}

function textOf(element: Element | undefined): string | undefined {
  return element === undefined || text(element) === '' ? undefined : text(element)
}
