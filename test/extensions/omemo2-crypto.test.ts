// The tests' own OMEMO 2 devices, without a server: what later scenarios rest on, and that `sealpost/notification` reads what they write.
import { describe, expect, test } from 'vitest'
import { conversationTests, recipient } from '../helpers/omemo/conversation.js'
import { createOmemo2Device } from '../helpers/omemo/omemo-2.js'
import { pushed } from '../helpers/omemo/push.js'

describe('OMEMO 2', () => {
  conversationTests(createOmemo2Device)

  test('a message shown under another sender’s name is refused', async () => {
    const romeo = await createOmemo2Device('romeo@montague.lit', 27183)
    const juliet = await createOmemo2Device('juliet@capulet.lit', 31415)
    const encrypted = await romeo.encrypt('it is I', [await recipient(juliet)])
    const notification = pushed('tybalt@capulet.lit', encrypted, juliet)
    await expect(juliet.decryptFromPush(notification)).rejects.toMatchObject({ reason: 'envelope' })
  })
})
