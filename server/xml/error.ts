// What is wrong with a piece of XML, in the words of RFC 6120 §4.9.3.

/** The stream error that the fault is. */
export type XmlCondition = 'not-well-formed' | 'restricted-xml' | 'policy-violation'

/** Thrown for XML that we do not take. The message never quotes what was read. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
  readonly condition: XmlCondition

  /** @param text one sentence for a person; it may be sent to the peer */
  constructor(condition: XmlCondition, text: string) {
    super(text)
    this.condition = condition
  }
}

export function notWellFormed(what: string, at: number): XmlError {
  return new XmlError('not-well-formed', `${what} (at character ${at})`)
}
