// What ends a command: one sentence for the operator, and no stack.

/** It could not be done: exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure'
}

/** It was asked for in a wrong way: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
