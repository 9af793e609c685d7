// tigase:push:filter:groupchat:0: of which rooms a registration is told: always, or when its nick is mentioned.

import { defineExtension } from '../../server/extension.js'
import { StanzaError } from '../../server/stanza-error.js'
import { attr, type Element } from '../../server/xml.js'
import type { RoomRule } from '../../storage/push.js'
import type {} from '../push/hooks.js'
import { bareJid, entries, onlyChild } from './child.js'

const NS = 'tigase:push:filter:groupchat:0'

/** RFC 7622 §3.4: a nick is a resource. Bytes. */
const longestNick = 1023

export const pushGroupchat = defineExtension({
  name: 'push-groupchat',
  requires: ['push'],
  features: { account: [NS] },
  on: {
    'push:enable': (settings, { enable }) => ({ ...settings, rules: { ...settings.rules, rooms: readRooms(enable) } }),
  },
})

/** A room that is never told of is one that is not listed. @throws StanzaError `bad-request`, `resource-constraint` */
function readRooms(enable: Element): readonly RoomRule[] | undefined {
  const groupchat = onlyChild(enable, 'groupchat', NS)
  if (groupchat === undefined) return undefined
  const rooms = entries(groupchat, 'room')
  const named = rooms.map(bareJid)
  if (new Set(named).size < named.length) throw new StanzaError('bad-request', 'a room is named twice')
  return rooms.flatMap((room) => readRule(room) ?? [])
}

function readRule(room: Element): RoomRule | undefined {
  switch (attr(room, 'allow')) {
    case 'always':
      return { room: bareJid(room), nick: undefined }
    case 'mentioned':
      return { room: bareJid(room), nick: readNick(room) }
    case 'never':
      return undefined
    default:
      throw new StanzaError('bad-request', 'allow is always, mentioned or never')
  }
}

/** Siskin sends an empty one for a room that gave it none: it is mentioned nowhere. */
function readNick(room: Element): string {
  const nick = attr(room, 'nick')
  if (nick === undefined || Buffer.byteLength(nick) > longestNick)
    throw new StanzaError('bad-request', 'to be mentioned takes a nick')
  return nick.trim()
}
