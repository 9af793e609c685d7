// What is red in a page's console, but for lines that are known to be the client's own.

import type { ConsoleMessage, Page } from 'playwright-core'

/** A red line that says nothing of the server. */
export interface Known {
  readonly line: RegExp
  readonly reason: string
}

export class Red {
  readonly lines: string[] = []
  readonly #known: readonly Known[]

  constructor(page: Page, known: readonly Known[]) {
    this.#known = known
    page.on('console', (message) => {
      if (message.type() === 'error') this.#add(written(message))
    })
    page.on('pageerror', (error) => this.#add(`uncaught ${error.stack ?? String(error)}`))
  }

  #add(line: string): void {
    if (!this.#known.some((one) => one.line.test(line))) this.lines.push(line)
  }
}

function written(message: ConsoleMessage): string {
  return `${message.text()} (${message.location().url})`
}
