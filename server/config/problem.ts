// What is wrong with a configuration: all of it at once, each with the place where it stands.

export interface Problem {
  readonly file: string | undefined
  /** Counted from 1. */
  readonly line: number | undefined
  /** The key as its source writes it: `limits.depth`, `--port`, `limits.beforeLoginBytes`. Undefined: the file as a whole. */
  readonly key: string | undefined
  /** What was expected, in words for a person. Never holds a secret. */
  readonly message: string
}

/** `sealpost.toml:3: port: expected …` */
export function problemLine({ file, line, key, message }: Problem): string {
  const place = file !== undefined && line !== undefined ? `${file}:${line}` : file
  return [place, key, message].filter((part) => part !== undefined).join(': ')
}

/** Every problem of a configuration; the message has one line for each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(problemLine).join('\n'))
    this.problems = problems
  }
}
