// Data forms (XEP-0004) as far as a node's configuration needs them: a submitted form read, a form written.

import { attr, child, children, el, type Element, text } from '../../server/xml.js'
import { pepError } from './errors.js'
import { DATA_FORM } from './namespaces.js'

/** What was submitted: the values of each field, without FORM_TYPE. */
export type Fields = ReadonlyMap<string, readonly string[]>

export interface FormField {
  readonly name: string
  readonly type: 'boolean' | 'list-single' | 'text-single'
  readonly label: string
  readonly options: readonly string[]
  readonly value: string
}

/**
 * The submitted form inside `parent`, or 'cancel' (XEP-0004 §3.1).
 * @throws StanzaError `bad-request` when there is none, or one of another purpose
 */
export function readForm(parent: Element, formType: string): Fields | 'cancel' {
  const form = child(parent, 'x', DATA_FORM)
  const type = form && attr(form, 'type')
  if (form === undefined || (type !== 'submit' && type !== 'cancel'))
    throw pepError.badRequest('a submitted form is missing')
  if (type === 'cancel') return 'cancel'
  const fields = readFields(form)
  const [purpose = formType] = fields.get('FORM_TYPE') ?? []
  if (purpose !== formType) throw pepError.badRequest(`the form's FORM_TYPE is not ${formType}`)
  fields.delete('FORM_TYPE')
  return fields
}

function readFields(form: Element): Map<string, readonly string[]> {
  const fields = new Map<string, readonly string[]>()
  for (const field of children(form, 'field')) {
    const name = attr(field, 'var')
    if (name === undefined) continue
    // Of two answers to one question neither can be chosen.
    if (fields.has(name)) throw pepError.badRequest(`the form has the field ${name} twice`)
    fields.set(name, children(field, 'value').map(text))
  }
  return fields
}

export function formElement(formType: string, fields: readonly FormField[]): Element {
  const hidden = el('field', { var: 'FORM_TYPE', type: 'hidden' }, el('value', {}, formType))
  return el('x', { xmlns: DATA_FORM, type: 'form' }, hidden, ...fields.map(fieldElement))
}

function fieldElement({ name, type, label, options, value }: FormField): Element {
  const choices = options.map((option) => el('option', {}, el('value', {}, option)))
  return el('field', { var: name, type, label }, ...choices, el('value', {}, value))
}
