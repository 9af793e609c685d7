// The tests' own OMEMO 0.3 devices, without a server: what later scenarios rest on, and that `sealpost/notification` reads what they write.
import { describe, expect, test } from 'vitest'
import { conversationTests, recipient } from '../helpers/omemo/conversation.js'
import { createOmemo03Device } from '../helpers/omemo/omemo-03.js'
import { pushed } from '../helpers/omemo/push.js'

describe('OMEMO 0.3', () => {
  conversationTests(createOmemo03Device)

  test('two accounts’ devices of one number give two keys in the push, of which one is right', async () => {
    const romeo = await createOmemo03Device('romeo@montague.lit', 27183)
    const juliet = await createOmemo03Device('juliet@capulet.lit', 31415)
    const nurse = await createOmemo03Device('nurse@capulet.lit', 31415)
    const encrypted = await romeo.encrypt('which of you?', [await recipient(nurse), await recipient(juliet)])
    const notification = pushed(romeo.account, encrypted, juliet)
    expect(notification.omemo?.keys).toHaveLength(2)
    expect(await juliet.decryptFromPush(notification)).toBe('which of you?')
  })
})
