// Order within one account: keeping messages and handing them over take turns, or a message decided on while nobody was
// there would be written just after its reader came and looked. Keeping runs beside keeping, handing over runs alone.

import { type Awaitable, isPromise } from './awaitable.js'

type Mode = 'shared' | 'exclusive'

interface Turn {
  readonly mode: Mode
  readonly start: () => void
}

interface Mailbox {
  running: number
  exclusive: boolean
  readonly waiting: Turn[]
}

export class Mailboxes {
  readonly #busy = new Map<string, Mailbox>()

  /** Runs `work` when its turn comes: at once, and synchronously if it can, while nobody is before it. */
  run<T>(account: string, mode: Mode, work: () => Awaitable<T>): Awaitable<T> {
    const mailbox = this.#busy.get(account)
    if (mailbox === undefined || mayStart(mailbox, mode)) return this.#start(account, mode, work)
    return new Promise<T>((resolve, reject) => {
      const start = (): void => {
        // What fails fails its own caller, not the one whose turn ends here.
        try {
          resolve(this.#start(account, mode, work))
        } catch (reason) {
          reject(reason)
        }
      }
      mailbox.waiting.push({ mode, start })
    })
  }

  #start<T>(account: string, mode: Mode, work: () => Awaitable<T>): Awaitable<T> {
    let result: Awaitable<T>
    try {
      result = work()
    } catch (reason) {
      this.#wake(account)
      throw reason
    }
    if (!isPromise(result)) {
      this.#wake(account)
      return result
    }
    this.#enter(account, mode)
    return result.finally(() => this.#leave(account))
  }

  #enter(account: string, mode: Mode): void {
    const mailbox = this.#busy.get(account) ?? { running: 0, exclusive: false, waiting: [] }
    mailbox.running += 1
    mailbox.exclusive = mode === 'exclusive'
    this.#busy.set(account, mailbox)
  }

  #leave(account: string): void {
    const mailbox = this.#busy.get(account)
    if (mailbox === undefined) return
    mailbox.running -= 1
    if (mailbox.running === 0) mailbox.exclusive = false
    this.#wake(account)
  }

  #wake(account: string): void {
    const mailbox = this.#busy.get(account)
    if (mailbox === undefined) return
    const next = mailbox.waiting[0]
    if (next === undefined) {
      if (mailbox.running === 0) this.#busy.delete(account)
      return
    }
    if (mailbox.exclusive || (next.mode === 'exclusive' && mailbox.running > 0)) return
    mailbox.waiting.shift()
    next.start()
    this.#wake(account)
  }
}

/** Nobody overtakes who waits already, or a steady stream of keeping would hold up handing over for ever. */
function mayStart(mailbox: Mailbox, mode: Mode): boolean {
  if (mailbox.waiting.length > 0 || mailbox.exclusive) return false
  return mode === 'shared' || mailbox.running === 0
}
