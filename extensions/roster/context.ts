// What the parts of the roster extension share.

import type { Context } from '../../server/extension.js'

export type RosterContext = Context<'roster'>

/** How many items an account may have, those included that only wait for an answer. */
export const mostItems = 10_000
