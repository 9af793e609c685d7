// How far a text may go: one from outside within bounds, one of our own as far as the first ones made it go.

export interface PassLimits {
  /** How deep elements may stand in one another; the root is 1. */
  readonly depth: number
  /** How many attributes an element may have, declarations among them. */
  readonly attributes: number
  /** How long the name of a namespace may be, in characters. */
  readonly namespace: number
  /** How many characters of namespaces the text may use by prefix: so many more are written when it is spelled without. */
  readonly byPrefix: number
}

/** Deeper than any configuration allows: what recurses over a tree relies on it. */
export const DEEPEST = 512
const ATTRIBUTES = 256
const LONGEST_NAMESPACE = 1024
/**
 * A tree says the namespace again wherever a prefix stood: a thousand characters for the three of `p:a`. Documents that
 * people write (SVG with XLink, MathML, RDF) come to about as much as they are long, small ones to a few KiB.
 */
const BY_PREFIX = { times: 4, allowance: 4096 } as const

/** For text from the wire. @param depth what is configured */
export function outsideLimits(text: string, depth: number): PassLimits {
  return {
    depth: Math.min(depth, DEEPEST),
    attributes: ATTRIBUTES,
    namespace: LONGEST_NAMESPACE,
    byPrefix: BY_PREFIX.times * text.length + BY_PREFIX.allowance,
  }
}

/** For text of our own: what it was made from kept the bounds, and spelling namespaces out may not break them. */
export const ownLimits: PassLimits = {
  depth: DEEPEST,
  attributes: Number.POSITIVE_INFINITY,
  namespace: Number.POSITIVE_INFINITY,
  byPrefix: Number.POSITIVE_INFINITY,
}
