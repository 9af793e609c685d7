// Reads that are asked for one by one within a turn and done as one statement: the way to SQLite's thread and back costs more
// than the reading.

/** Beyond this a statement gains nothing by more rows. */
const MOST_CALLS = 64

interface Call<Input, Output> {
  readonly input: Input
  readonly resolve: (output: Output) => void
  readonly reject: (reason: unknown) => void
}

/** @param readAll reads for many what is read for one, and gives the outputs in the order of the inputs */
export const gatheredReads = <Input, Output>(
  readAll: (inputs: readonly Input[]) => Promise<readonly Output[]>,
): ((input: Input) => Promise<Output>) => {
  let waiting: Call<Input, Output>[] = []

  const readThem = async (calls: readonly Call<Input, Output>[]): Promise<void> => {
    try {
      const outputs = await readAll(calls.map(({ input }) => input))
      // An output may be undefined: what has no answer is told by the length.
      if (outputs.length !== calls.length) throw new Error('a reading did not answer each of its calls')
      outputs.forEach((output, index) => calls[index]?.resolve(output))
    } catch (reason) {
      calls.forEach((call) => call.reject(reason))
    }
  }

  const flush = (): void => {
    const calls = waiting
    waiting = []
    for (let from = 0; from < calls.length; from += MOST_CALLS) void readThem(calls.slice(from, from + MOST_CALLS))
  }

  return (input) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush)
      waiting.push({ input, resolve, reject })
    })
}
