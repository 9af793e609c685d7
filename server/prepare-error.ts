// What is thrown for a name or password that cannot be prepared.

/** The message is a whole sentence for a person. */
export class PrepareError extends Error {
  override readonly name = 'PrepareError'
}
