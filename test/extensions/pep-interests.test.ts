// Who wants to hear of which nodes.

import { expect, test } from 'vitest'
import { Interests, wantedNodes } from '../../extensions/pep/interests.js'
import { parseJid } from '../../server/jid.js'

const phone = parseJid('juliet@localhost/phone')
const desk = parseJid('juliet@localhost/desk')

test('a feature with +notify names a node, others do not', () => {
  expect([
    ...wantedNodes(new Set(['urn:a', 'urn:b+notify', '+notify', 'urn:+notify:c', 'urn:b+notify+notify'])),
  ]).toEqual(['urn:b', 'urn:b+notify'])
})

test('a client that wants more than 256 nodes hears of 256', () => {
  const features = new Set(Array.from({ length: 1000 }, (_, index) => `urn:${index}+notify`))
  expect(wantedNodes(features).size).toBe(256)
})

test('a session is found by what it wants now, and not by what it wanted before', () => {
  const interests = new Interests()
  expect([...interests.learn(phone, new Set(['a', 'b']))]).toEqual(['a', 'b'])
  expect([...interests.learn(phone, new Set(['b', 'c']))]).toEqual(['c'])
  interests.learn(desk, new Set(['b']))
  expect(interests.of('a', 'juliet@localhost')).toEqual([])
  expect(interests.isEmpty('a')).toBe(true)
  expect(interests.of('b', 'juliet@localhost')).toEqual([phone, desk])
  expect(interests.of('b', 'romeo@localhost')).toEqual([])
})

test('a session that is forgotten leaves nothing behind', () => {
  const interests = new Interests()
  interests.learn(phone, new Set(['a']))
  interests.learn(desk, new Set(['a']))
  interests.forget(phone)
  expect(interests.of('a', 'juliet@localhost')).toEqual([desk])
  expect(interests.wants(phone, 'a')).toBe(false)
  interests.forget(desk)
  expect(interests.isEmpty('a')).toBe(true)
  expect([...interests.learn(desk, new Set(['a']))]).toEqual(['a'])
})
