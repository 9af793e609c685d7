// The hook by which every extension may add what it counts. Types only.

/** One family of the Prometheus text format. */
export interface Metric {
  /** Of letters, digits and `_`; a counter's ends in `_total`. */
  readonly name: string
  readonly kind: 'counter' | 'gauge'
  /** A sentence for the operator. */
  readonly help: string
  readonly samples: readonly Sample[]
}

export interface Sample {
  /** Few values each, all known beforehand: never an account, an address or whatever a stranger chose. */
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

declare module '../../server/hooks.js' {
  interface Folds {
    /** Somebody asks how the server fares. */
    'metrics:collect': { readonly value: readonly Metric[]; readonly subject: undefined }
  }
}
