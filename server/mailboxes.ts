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
  /** Those who wait are being started, one after the other and not one within the other. */
  waking: boolean
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
        void (async () => this.#start(account, mode, work))().then(resolve, reject)
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
    const mailbox = this.#busy.get(account) ?? { running: 0, exclusive: false, waking: false, waiting: [] }
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
    if (mailbox === undefined || mailbox.waking) return
    mailbox.waking = true
    for (let next = mailbox.waiting[0]; next !== undefined && isFree(mailbox, next.mode); next = mailbox.waiting[0]) {
      mailbox.waiting.shift()
      next.start()
    }
    mailbox.waking = false
    if (mailbox.running === 0 && mailbox.waiting.length === 0) this.#busy.delete(account)
  }
}

/** Nobody overtakes who waits already, or a steady stream of keeping would hold up handing over for ever. */
function mayStart(mailbox: Mailbox, mode: Mode): boolean {
  return mailbox.waiting.length === 0 && isFree(mailbox, mode)
}

function isFree(mailbox: Mailbox, mode: Mode): boolean {
  return !mailbox.exclusive && (mode === 'shared' || mailbox.running === 0)
}
