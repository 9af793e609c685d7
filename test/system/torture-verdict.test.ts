// Whether the torture would notice: books of runs that went wrong, and of runs that only look as if they had.

import { describe, expect, test } from 'vitest'
import type { Disk } from '../torture/disk.js'
import { Ledger, type Message, type Publish, type Registration, type Session } from '../torture/ledger.js'
import { Verdict } from '../torture/verdict.js'

const account = 'juliet@localhost'
const service = 'push.localhost'
const killedAt = 1000
const intact: Disk = { kept: [], owed: [], registered: [], integrity: 'ok' }

/** Times are milliseconds of the first life, which is killed at 1000. */
class Book extends Ledger {
  constructor() {
    super()
    this.kills.set(1, killedAt)
  }

  written(token: string, sent: number, acknowledged: number | undefined): Message {
    const message: Message = {
      ...this.sends({ token, kind: 'text', from: 'romeo@localhost', to: account, life: 1 }),
      sent,
      acknowledged,
    }
    this.messages.set(token, message)
    return message
  }

  comes(resource: string, from: number, more: Partial<Session> = {}): Session {
    const session: Session = {
      ...{
        account,
        resource,
        life: 1,
        from,
        answers: true,
        bound: from,
        reachable: true,
        hasAnswered: true,
        rude: false,
      },
      over: undefined,
      ...more,
    }
    this.sessions.push(session)
    return session
  }

  registers(): Registration {
    const change = { kind: 'sealed', key: 'k', asked: 0, done: 0 } as const
    const registration: Registration = {
      account,
      service,
      node: 'n',
      resource: 'phone',
      device: undefined,
      changes: [change],
    }
    this.registrations.push(registration)
    return registration
  }

  published(registration: Registration, more: Partial<Publish>): void {
    const seal = { key: 'k', iv: `iv${this.publishes.length}` }
    const publish = {
      registration,
      life: 1,
      at: 500,
      item: 'i',
      unread: 1,
      id: undefined,
      token: undefined,
      seal,
      answer: undefined,
    }
    this.publishes.push({ ...publish, ...more })
  }

  faultsAfterKill(disk: Partial<Disk> = {}): readonly string[] {
    const verdict = new Verdict(this)
    verdict.afterKill(1, { ...intact, ...disk })
    return verdict.inTheEnd(2, 'ok').faults
  }
}

const result = (at: number, read: number | undefined = at): Publish['answer'] => ({ kind: 'result', at, read })

describe('a message', () => {
  test('that was acknowledged, and is neither read nor on the disk, is lost', () => {
    const book = new Book()
    book.written('m', 100, 110)
    expect(book.faultsAfterKill()).toEqual([expect.stringContaining('lost by the end of life 1: m ')])
  })

  test('that waits on the disk after the kill, and is read by nobody in the end, is lost', () => {
    const book = new Book()
    book.written('m', 100, 110)
    const faults = book.faultsAfterKill({ kept: [{ account, id: 'id', token: 'm' }] })
    expect(faults).toEqual([expect.stringContaining('lost by the end of life 2: m ')])
  })

  test('that was not acknowledged may be gone', () => {
    const book = new Book()
    book.written('m', 100, undefined)
    expect(book.faultsAfterKill()).toEqual([])
  })

  test('that was read is not lost', () => {
    const book = new Book()
    book.written('m', 100, 110).readers.add(book.comes('desk', 50))
    expect(book.faultsAfterKill()).toEqual([])
  })

  test('that was written to a session which never answers may be gone with the kill, but not when it came before that session', () => {
    const book = new Book()
    book.comes('desk', 200, { answers: false, rude: true, hasAnswered: false })
    book.written('before', 100, 110)
    book.written('in hand', 300, 310)
    expect(book.faultsAfterKill()).toEqual([expect.stringContaining('lost by the end of life 1: before ')])
  })

  test('that was left by a session which is known to be over, and dealt with, is asked for', () => {
    const book = new Book()
    book.comes('desk', 200, { rude: true })
    book.written('left', 300, 310)
    const next = book.comes('desk', 400)
    book.written('after', 500, 510).readers.add(next)
    expect(book.faultsAfterKill()).toEqual([expect.stringContaining('lost by the end of life 1: left ')])
  })

  test('has one stanza-id', () => {
    const book = new Book()
    const reader = book.comes('desk', 50)
    book.written('m', 100, 110)
    book.seen('m', 'one', reader)
    book.seen('m', 'other', reader)
    expect(book.faultsAfterKill()).toEqual([expect.stringContaining('more than one stanza-id')])
  })
})

describe('a push', () => {
  const registered = [{ service, node: 'n', key: 'k' }]

  function owed(): { readonly book: Book; readonly registration: Registration } {
    const book = new Book()
    const registration = book.registers()
    book.written('m', 100, 110).readers.add(book.comes('desk', 50, { hasAnswered: false }))
    return { book, registration }
  }

  test('that is owed, and neither answered nor on the disk, is lost', () => {
    expect(owed().book.faultsAfterKill({ registered })[0]).toContain('no push by the end of life 1 to n')
  })

  test('that was published, but not answered, is lost when it is not on the disk', () => {
    const { book, registration } = owed()
    book.published(registration, { token: 'm' })
    expect(book.faultsAfterKill({ registered })[0]).toContain('no push by the end of life 1 to n')
  })

  test('that was answered with a result is done', () => {
    const { book, registration } = owed()
    book.published(registration, { token: 'm', answer: result(510) })
    expect(book.faultsAfterKill({ registered })).toEqual([])
  })

  test('is told by a newer one that counts it, and not by one that does not', () => {
    const told = (unread: number): readonly string[] => {
      const { book, registration } = owed()
      book.written('newer', 200, 210).readers.add(book.comes('lap', 50, { hasAnswered: false }))
      book.published(registration, { token: 'newer', unread, answer: result(510) })
      return book.faultsAfterKill({ registered })
    }
    expect(told(2)).toEqual([])
    expect(told(1)).toEqual(
      expect.arrayContaining([expect.stringContaining('told of 1 unread with newer, not of 2 to 2')]),
    )
    expect(told(3)).toEqual([expect.stringContaining('told of 3 unread with newer, not of 2 to 2')])
  })

  test('is not told by an older one', () => {
    const { book, registration } = owed()
    book.written('newer', 200, 210).readers.add(book.comes('lap', 50, { hasAnswered: false }))
    book.published(registration, { token: 'm', answer: result(510) })
    expect(book.faultsAfterKill({ registered })[0]).toContain(
      'no push by the end of life 1 to n at push.localhost: newer',
    )
  })

  test('is not owed to a client that may have collected since', () => {
    const { book } = owed()
    book.comes('phone', 300)
    expect(book.faultsAfterKill({ registered })).toEqual([])
  })

  test('comes twice around a kill only', () => {
    const twice = (read: number, life: number): readonly string[] => {
      const { book, registration } = owed()
      book.published(registration, { token: 'm', answer: result(read) })
      book.published(registration, { token: 'm', life, at: killedAt + 500, answer: result(killedAt + 510) })
      return book.faultsAfterKill({ registered })
    }
    expect(twice(900, 2)).toEqual([])
    expect(twice(-100, 2)).toEqual([expect.stringContaining('was answered in life 1 and came again in life 2')])
    expect(twice(900, 1)).toEqual([expect.stringContaining('was answered in life 1 and came again in life 1')])
  })

  test('has an IV of its own', () => {
    const { book, registration } = owed()
    book.published(registration, { token: 'm', seal: { key: 'k', iv: 'same' } })
    book.published(registration, { token: 'm', seal: { key: 'k', iv: 'same' }, answer: result(510) })
    expect(book.faultsAfterKill({ registered })).toEqual([expect.stringContaining('used more than once under one key')])
  })
})

test('a registration that was answered is on the disk, under its last key', () => {
  const book = new Book()
  book.registers().changes.push({ kind: 'sealed', key: 'other', asked: 100, done: 110 })
  const faults = (registered: Disk['registered']): readonly string[] => book.faultsAfterKill({ registered })
  expect(faults([{ service, node: 'n', key: 'other' }])).toEqual([])
  expect(faults([{ service, node: 'n', key: 'k' }])).toHaveLength(1)
  expect(faults([])).toHaveLength(1)
})

test('a database that is not whole is a fault', () => {
  expect(new Book().faultsAfterKill({ integrity: 'row 3 missing from index' })).toHaveLength(1)
})
