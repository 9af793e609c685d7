// A push that cannot be kept is no failure of its message: whoever has handed it over, or a room, hears nothing of it.

import { expect } from 'vitest'
import type {} from '../../extensions/message/hooks.js'
import { defineExtension } from '../../server/extension.js'
import { attr, child } from '../../server/xml.js'
import { StorageError } from '../../storage/storage.js'
import { scenario, type User, xml } from '../helpers/scenario.js'

const room = 'coven@push.localhost'
const fault = 'the pushes for a message could not be kept'

/** The disk is full, which is found out at once or later. */
const full = (hook: 'message:debts' | 'message:wanted', when: 'at once' | 'later') => {
  const fault = new StorageError('full', 'the disk is full')
  const fails = (): Promise<never> => {
    if (when === 'at once') throw fault
    return Promise.reject(fault)
  }
  return defineExtension({ name: 'full', requires: ['message'], on: { [hook]: fails } })
}

const enable = (user: User) =>
  user.asks(xml`<iq type="set"><enable xmlns="urn:xmpp:push:0" jid="push.localhost" node="n1">
    <groupchat xmlns="tigase:push:filter:groupchat:0"><room jid="${room}" allow="always"/></groupchat></enable></iq>`)

const says = (to: string, id: string) =>
  xml`<message xmlns="jabber:component:accept" from="${room}/a" to="${to}" type="groupchat" id="${id}"><body>Hist!</body></message>`

for (const when of ['at once', 'later'] as const) {
  scenario(
    `what a session was handed is not answered with an error when its push cannot be kept, which is found out ${when}`,
    async ({ romeo, juliet, pushService, server, expectsLog, log }) => {
      expectsLog(fault)
      const phone = await juliet.also('phone')
      await enable(phone)
      await phone.leaves()
      await juliet.sends(xml`<presence/>`)
      await server.idle()
      juliet.forgets()
      await romeo.sends(xml`<message to="${juliet.account}" type="chat" id="r1"><body>Hist!</body></message>`)
      await pushService.sends(says(juliet.jid, 'x1'))
      await server.idle()
      expect([await juliet.next(), await juliet.next()].map((one) => attr(one, 'id')).sort()).toEqual(['r1', 'x1'])
      romeo.expectEmpty()
      pushService.expectEmpty()
      expect(log.lines.filter(({ message }) => message === fault)).toHaveLength(2)
    },
    { extensions: [full('message:debts', when)] },
  )

  scenario(
    `a room hears of no fault of the storage that is found out ${when}; who writes to nobody does`,
    async ({ romeo, juliet, pushService, server, expectsLog }) => {
      for (const line of [fault, 'the disk is full']) expectsLog(line)
      await enable(juliet)
      await juliet.leaves()
      await pushService.sends(says(juliet.account, 'x1'))
      await romeo.sends(xml`<message to="${juliet.account}" type="chat" id="r1"><body>Hist!</body></message>`)
      await server.idle()
      pushService.expectEmpty()
      const refused = await romeo.next()
      expect(attr(refused, 'id')).toBe('r1')
      expect(child(refused, 'error')?.children.map((one) => (typeof one === 'string' ? one : one.name))).toContain(
        'resource-constraint',
      )
    },
    { extensions: [full('message:debts', when)] },
  )
}

for (const when of ['at once', 'later'] as const) {
  scenario(
    `a room of which it cannot be found out whether it is wanted hears nothing, be that ${when}`,
    async ({ juliet, pushService, server, expectsLog }) => {
      expectsLog('whether a room is wanted could not be found out')
      await juliet.leaves()
      await pushService.sends(says(juliet.account, 'x1'))
      await server.idle()
      pushService.expectEmpty()
    },
    { extensions: [full('message:wanted', when)] },
  )
}
