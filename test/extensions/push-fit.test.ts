// Contract §4.3: how a notification is made to fit, and what is left of it.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fitted, roomIn } from '../../extensions/push-encrypt/fit.js'
import type { OmemoPart, Summary } from '../../extensions/push/hooks.js'

const summary = (changed: Partial<Summary> = {}): Summary => ({
  unread: 1,
  sender: 'romeo@localhost',
  type: 'chat',
  message: 'Art thou there?',
  isWritten: true,
  nickname: undefined,
  sid: undefined,
  media: undefined,
  id: 'id',
  omemo: [],
  ...changed,
})

const part = (ns: string, size: number): OmemoPart => ({
  keys: ['K'.repeat(size)],
  prekey: [true],
  sid: '1',
  data: 'D',
  ns,
})

const read = (json: string | undefined): Record<string, unknown> =>
  JSON.parse(json ?? 'null') as Record<string, unknown>

const base64Length = (json: string): number => Buffer.alloc(Buffer.byteLength(json) + 16).toString('base64').length

const graphemes = (text: string): string[] => [...new Intl.Segmenter('en').segment(text)].map(({ segment }) => segment)

describe('size', () => {
  test('whatever is told: base64 of it has at most max-size bytes, and max-size is used to the last three', () => {
    const body = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 3000 }),
      fc.string({ unit: 'binary', maxLength: 3000 }),
      fc.constant('👩‍👩‍👧‍👦'.repeat(300)),
    )
    fc.assert(
      fc.property(
        body,
        fc.integer({ min: 256, max: 3000 }),
        fc.option(fc.string({ maxLength: 300 }), { nil: undefined }),
        (message, maxSize, nickname) => {
          const json = fitted(summary({ message, nickname }), maxSize)
          if (json === undefined) throw new Error('there is room for the barest in 256 bytes')
          expect(base64Length(json)).toBeLessThanOrEqual(maxSize)
          const told = read(json)['message'] as string
          if (told === message || told === '…') return
          const kept = graphemes(told.slice(0, -1))
          expect(told.endsWith('…')).toBe(true)
          expect(graphemes(message).slice(0, kept.length)).toEqual(kept)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('the cut body is the longest that fits', () => {
    const message = 'x'.repeat(5000)
    const json = fitted(summary({ message }), 1000) ?? ''
    expect(Buffer.byteLength(json)).toBe(roomIn(1000))
  })

  test.each(['a', '"', '🇩🇪', '👩‍👩‍👧‍👦', 'e\u0301', '語', '\u0301'])(
    'however long a body is, cutting it takes no time to speak of: one of nothing but %j',
    (character) => {
      const message = character.repeat(200_000 / character.length)
      const begin = performance.now()
      for (let count = 0; count < 20; count++) fitted(summary({ message }), 16384)
      expect(performance.now() - begin).toBeLessThan(600)
    },
  )

  test('a character that a reader sees as one is kept whole or not at all', () => {
    const family = '👩‍👩‍👧‍👦'
    const told = read(fitted(summary({ message: family.repeat(100) }), 300))['message'] as string
    expect(told.replace('…', '').replaceAll(family, '')).toBe('')
    expect(told.startsWith(family)).toBe(true)
  })
})

describe('what goes first', () => {
  test('an OMEMO 2 part that fits is preferred, else that of 0.3, else none', () => {
    const told = (first: number, second: number): unknown =>
      (
        read(
          fitted(
            summary({ message: 'sentence', isWritten: false, omemo: [part('two', first), part('old', second)] }),
            1000,
          ),
        )['omemo'] as OmemoPart | undefined
      )?.ns
    expect([told(10, 10), told(2000, 10), told(2000, 2000)]).toEqual(['two', 'old', undefined])
  })

  test('what does not fit of OMEMO is left out whole, and the sentence stays', () => {
    const told = read(
      fitted(summary({ message: 'New encrypted message', isWritten: false, omemo: [part('old', 5000)] }), 1000),
    )
    expect(told).toEqual({
      unread: 1,
      sender: 'romeo@localhost',
      type: 'chat',
      message: 'New encrypted message',
      id: 'id',
    })
  })

  test('the nickname goes before the message becomes an ellipsis', () => {
    const told = read(fitted(summary({ nickname: 'n'.repeat(300), message: 'm'.repeat(300) }), 300))
    expect(told['nickname']).toBeUndefined()
    expect(told['message']).toMatch(/^m+…$/)
  })

  test('the message becomes an ellipsis when nothing of it fits', () => {
    const sender = `${'r'.repeat(90)}@localhost`
    expect(read(fitted(summary({ sender, message: 'New encrypted message', isWritten: false }), 256))['message']).toBe(
      '…',
    )
  })

  test('what does not fit even so is not told', () => {
    expect(fitted(summary({ sender: `${'r'.repeat(300)}@localhost` }), 256)).toBeUndefined()
  })
})
