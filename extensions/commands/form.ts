// Data forms (XEP-0004): what a command shows as XML, and what was filled in, checked against what was asked.

import { attr, children, el, type Element, text } from '../../server/xml.js'
import { commandError } from './errors.js'
import type { CommandForm, CommandTable, FormField, Given } from './hooks.js'

export const FORM = 'jabber:x:data'

export function formElement({ title, instructions, fields }: CommandForm): Element {
  return el(
    'x',
    { xmlns: FORM, type: 'form' },
    el('title', {}, title),
    el('instructions', {}, instructions),
    ...fields.map(fieldElement),
  )
}

/** XEP-0004 §3.4: what several things have in common is said once, above them. */
export function tableElement({ title, columns, rows }: CommandTable): Element {
  const reported = columns.map(({ name, label }) => el('field', { var: name, label, type: 'text-single' }))
  return el(
    'x',
    { xmlns: FORM, type: 'result' },
    el('title', {}, title),
    el('reported', {}, ...reported),
    ...rows.map((row) => el('item', {}, ...columns.map(({ name }) => el('field', { var: name }, valueOf(row[name]))))),
  )
}

/**
 * What was filled in. What was not asked for is ignored; a form of type `cancel` is a `submit` here (XEP-0050 §3.4.1).
 * @throws StanzaError `bad-payload`
 */
export function readGiven({ fields }: CommandForm, form: Element | undefined): Given {
  const type = form && attr(form, 'type')
  if (form !== undefined && type !== 'submit' && type !== 'cancel') throw commandError.badPayload('submit the form')
  const found = form === undefined ? [] : children(form, 'field')
  const given = new Map<string, readonly string[]>()
  for (const field of fields) {
    const [one, ...more] = found.filter((candidate) => attr(candidate, 'var') === field.name)
    if (more.length > 0) throw commandError.badPayload(`${field.name} stands there twice`)
    const values = one === undefined ? [] : readValues(field, one)
    if (values.length > 0) given.set(field.name, values)
    else if (field.required === true) throw commandError.badPayload(`${field.name} is missing`)
  }
  return given
}

function fieldElement({ name, type, label, required, values = [], options = [] }: FormField): Element {
  return el(
    'field',
    { var: name, type, label },
    required === true && el('required'),
    ...values.map(valueOf),
    ...options.map((option) => el('option', { label: option.label }, valueOf(option.value))),
  )
}

function valueOf(value: string | undefined): Element {
  return el('value', {}, value)
}

function readValues(field: FormField, element: Element): readonly string[] {
  const values = [...new Set(children(element, 'value').map(text))].filter((value) => value !== '')
  if (field.type !== 'list-multi' && values.length > 1) throw commandError.badPayload(`${field.name} has one value`)
  return values.map((value) => readValue(field, value))
}

function readValue({ name, type, options = [] }: FormField, value: string): string {
  switch (type) {
    case 'text-single':
      return value
    case 'boolean':
      return readBoolean(name, value)
    case 'list-single':
    case 'list-multi':
      if (!options.some((option) => option.value === value))
        throw commandError.badPayload(`${name} is one of those that were offered`)
      return value
  }
}

/** XEP-0004 §3.3 with XML Schema Part 2 §3.2.2. */
function readBoolean(name: string, value: string): string {
  if (value === 'true' || value === '1') return '1'
  if (value === 'false' || value === '0') return '0'
  throw commandError.badPayload(`${name} is true or false`)
}
