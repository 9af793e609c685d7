// What a command is to whoever offers one: data and steps, no XML. Types only.

import type { Awaitable } from '../../server/awaitable.js'
import type { Jid } from '../../server/jid.js'

export interface FormOption {
  readonly value: string
  /** What a person reads. */
  readonly label: string
}

/** A field of XEP-0004 §3.3. What is given for it has been checked against it before a step sees it. */
export interface FormField {
  readonly name: string
  readonly type: 'boolean' | 'list-multi' | 'list-single' | 'text-single'
  readonly label: string
  readonly required?: boolean
  /** Filled in beforehand. */
  readonly values?: readonly string[]
  /** Of a list: what can be chosen. */
  readonly options?: readonly FormOption[]
}

export interface CommandForm {
  readonly title: string
  readonly instructions: string
  /** May be empty: then there is only something to read. */
  readonly fields: readonly FormField[]
}

export interface CommandTable {
  readonly title: string
  readonly columns: readonly { readonly name: string; readonly label: string }[]
  /** By the name of the column; what does not apply is left out. */
  readonly rows: readonly Readonly<Record<string, string | undefined>>[]
}

export interface CommandNote {
  readonly type: 'info' | 'warn' | 'error'
  readonly text: string
}

/** What was filled in: the values by the name of the field. A `boolean` is `1` or `0`. What was left out is not there. */
export type Given = ReadonlyMap<string, readonly string[]>

/** @throws StanzaError what cannot be done; the command stays where it is */
export type Step = (given: Given) => Awaitable<Stage>

/** Where a command stands (XEP-0050 §2.4). */
export type Stage =
  | {
      readonly kind: 'form'
      readonly form: CommandForm
      readonly notes?: readonly CommandNote[]
      /** What the requester may do with it: one of them at least. The first that is there is the default. */
      readonly next?: Step
      readonly complete?: Step
    }
  | { readonly kind: 'completed'; readonly notes?: readonly CommandNote[]; readonly table?: CommandTable }
  /** What was filled in will not do: `bad-payload`, and the command stays where it is. */
  | { readonly kind: 'refused'; readonly text: string }

export interface Command {
  /** Unique among the commands of one address. */
  readonly node: string
  /** What a person reads. */
  readonly name: string
  readonly begin: () => Awaitable<Stage>
}

declare module '../../server/hooks.js' {
  interface Folds {
    /** The commands that `requester` may run at an address: whoever adds one has looked at both. */
    'commands:list': {
      readonly value: readonly Command[]
      readonly subject: { readonly at: Jid; readonly requester: Jid }
    }
  }
}
