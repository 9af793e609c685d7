// Sealed pushes a second: a message for somebody who is away is kept, sealed, published, and the service's answer settles it. Of an
// account one message is on its way at a time, so every message is a push of its own.

import { randomBytes } from 'node:crypto'
import { asks, comeOnline, domain, logIn } from './client.js'
import type { Account } from './client.js'
import type { DataDirectory } from './data-directory.js'
import { median } from './figures.js'
import { messageTo } from './messages.js'
import { startSealpost } from './program.js'
import { PushComponent } from './push-component.js'
import { clientFrame, type Wire } from './wire.js'

const service = 'push.localhost'
const secret = 'not much of one'
const senders = 10

export interface PushPlan {
  readonly seconds: number
  readonly rounds: number
  /** How many accounts are away. */
  readonly away: number
  /** Node's own options for the server. */
  readonly node: readonly string[]
}

interface Recipient {
  readonly sender: Wire
  readonly frame: Buffer
}

export interface PushFigures {
  /** Answered publishes a second. */
  readonly perSecond: number
  /** Time of the server's processor for each, kernel and all threads included. Microseconds. */
  readonly cpuMicros: number
}

export async function measurePushes(
  data: DataDirectory,
  { seconds, rounds, away, node }: PushPlan,
): Promise<PushFigures> {
  const component = ['--component', `${service}=${secret}`, '--component-port', '0']
  const sealpost = await startSealpost(['--config', data.config, ...component], { node })
  const wires: Wire[] = []
  for (const account of data.accounts.slice(0, senders)) {
    const wire = await logIn(sealpost.url, account, 'SCRAM-SHA-1', 'desk')
    await comeOnline(wire)
    wires.push(wire)
  }
  const recipients = new Map<string, Recipient>()
  for (const [index, account] of data.accounts.slice(senders, senders + away).entries()) {
    const sender = wires[index % wires.length]
    if (sender === undefined) throw new Error('there are too few accounts')
    await register(sealpost.url, account)
    recipients.set(account.name, { sender, frame: clientFrame(messageTo(`${account.name}@${domain}`, 'chat')) })
  }
  const load = new PushLoad(recipients)
  const address = { address: sealpost.component ?? '', domain: service, secret }
  const push = await PushComponent.connect(address, (node) => load.published(node))
  await load.run(1)
  const rates: number[] = []
  const costs: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const before = sealpost.cpuSeconds()
    const { perSecond, pushes } = await load.run(seconds)
    rates.push(perSecond)
    costs.push(((sealpost.cpuSeconds() - before) / pushes) * 1_000_000)
  }
  push.close()
  await sealpost.stop()
  return { perSecond: median(rates), cpuMicros: median(costs) }
}

/** A device that wants its pushes sealed, and goes. The node is the account's name. */
async function register(url: string, account: Account): Promise<void> {
  const wire = await logIn(url, account, 'SCRAM-SHA-1', 'phone')
  const key = randomBytes(16).toString('base64')
  const sealing = `<encrypt xmlns="tigase:push:encrypt:0" alg="aes-128-gcm" max-size="3000">${key}</encrypt>`
  await asks(wire, 'set', `<enable xmlns="urn:xmpp:push:0" jid="${service}" node="${account.name}">${sealing}</enable>`)
  wire.close()
}

class PushLoad {
  readonly #recipients: ReadonlyMap<string, Recipient>
  readonly #open = new Set<string>()
  #published = 0
  #until = 0
  #done: (() => void) | undefined

  constructor(recipients: ReadonlyMap<string, Recipient>) {
    this.#recipients = recipients
  }

  /** Sends until the time is over, and resolves with the pushes when all of them have come. */
  async run(seconds: number): Promise<{ readonly pushes: number; readonly perSecond: number }> {
    const start = performance.now()
    this.#published = 0
    this.#until = start + seconds * 1000
    const done = new Promise<void>((resolve) => (this.#done = resolve))
    for (const name of this.#recipients.keys()) this.#send(name)
    await done
    return { pushes: this.#published, perSecond: (this.#published / (performance.now() - start)) * 1000 }
  }

  /** @throws Error for a push that no message was sent for */
  published(name: string): void {
    if (!this.#open.delete(name)) throw new Error(`a push too many for ${name}`)
    this.#published += 1
    if (performance.now() < this.#until) this.#send(name)
    else if (this.#open.size === 0) this.#done?.()
  }

  #send(name: string): void {
    const recipient = this.#recipients.get(name)
    if (recipient === undefined) throw new Error(`nobody is called ${name}`)
    this.#open.add(name)
    recipient.sender.write(recipient.frame)
  }
}
