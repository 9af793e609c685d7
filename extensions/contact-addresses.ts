// Whom to write to about the server: XEP-0157, in the server's disco#info.

import type { ContactConfig } from '../server/config.js'
import { defineExtension } from '../server/extension.js'
import { el, type Element } from '../server/xml.js'
import type {} from './disco/hooks.js'

const FORM = 'jabber:x:data'
const SERVER_INFO = 'http://jabber.org/network/serverinfo'
const roles = ['abuse', 'admin', 'feedback', 'sales', 'security', 'status', 'support'] as const

/** @param contact URIs by role, checked */
export const contactAddresses = (contact: ContactConfig) =>
  defineExtension({
    name: 'contact-addresses',
    xeps: ['XEP-0157 1.1.1'],
    requires: ['disco'],
    on: { 'disco:server-forms': (forms) => [...forms, ...formOf(contact)] },
  })

/** None when nobody is named. */
function formOf(contact: ContactConfig): readonly Element[] {
  const named = roles.filter((role) => contact[role].length > 0)
  if (named.length === 0) return []
  const form = el(
    'x',
    { xmlns: FORM, type: 'result' },
    field('FORM_TYPE', 'hidden', [SERVER_INFO]),
    ...named.map((role) => field(`${role}-addresses`, 'list-multi', contact[role])),
  )
  return [form]
}

function field(name: string, type: string, values: readonly string[]): Element {
  return el('field', { var: name, type }, ...values.map((value) => el('value', {}, value)))
}
