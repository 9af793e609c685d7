// Contact addresses (XEP-0157): those that the operator has named, by service discovery, and nothing where there are none.

import { describe, expect } from 'vitest'
import { child } from '../../server/xml.js'
import { expectSame, scenario, type ScenarioOptions, xml } from '../helpers/scenario.js'

const INFO = 'http://jabber.org/protocol/disco#info'
const question = xml`<iq type="get" to="localhost"><query xmlns="${INFO}"/></iq>`

const named: ScenarioOptions = {
  config: {
    contact: {
      abuse: ['mailto:abuse@shakespeare.example', 'xmpp:abuse@shakespeare.example'],
      admin: 'xmpp:admins@shakespeare.example',
      feedback: 'https://shakespeare.example/feedback?a=1&b=2',
      sales: 'xmpp:bard@shakespeare.example',
      security: 'xmpp:security@shakespeare.example',
      status: 'https://status.shakespeare.example',
      support: 'xmpp:support@shakespeare.example',
    },
  },
}

describe('contact addresses', () => {
  scenario(
    'the addresses of every role stand in one form, each time that somebody asks',
    async ({ romeo }) => {
      for (let times = 0; times < 2; times += 1) {
        const info = child(await romeo.asks(question), 'query', INFO)
        const form = info && child(info, 'x', 'jabber:x:data')
        expect(form).toBeDefined()
        if (form === undefined) return
        expectSame(
          form,
          xml`<x xmlns="jabber:x:data" type="result">
                <field var="FORM_TYPE" type="hidden"><value>http://jabber.org/network/serverinfo</value></field>
                <field var="abuse-addresses" type="list-multi">
                  <value>mailto:abuse@shakespeare.example</value><value>xmpp:abuse@shakespeare.example</value>
                </field>
                <field var="admin-addresses" type="list-multi"><value>xmpp:admins@shakespeare.example</value></field>
                <field var="feedback-addresses" type="list-multi">
                  <value>${'https://shakespeare.example/feedback?a=1&b=2'}</value>
                </field>
                <field var="sales-addresses" type="list-multi"><value>xmpp:bard@shakespeare.example</value></field>
                <field var="security-addresses" type="list-multi"><value>xmpp:security@shakespeare.example</value></field>
                <field var="status-addresses" type="list-multi"><value>https://status.shakespeare.example</value></field>
                <field var="support-addresses" type="list-multi"><value>xmpp:support@shakespeare.example</value></field>
              </x>`,
        )
      }
    },
    named,
  )

  scenario(
    'a role that nobody has is left out',
    async ({ romeo }) => {
      const info = child(await romeo.asks(question), 'query', INFO)
      const form = info && child(info, 'x', 'jabber:x:data')
      expect(form?.getChildElements().map((field) => String(field.attrs['var']))).toEqual([
        'FORM_TYPE',
        'abuse-addresses',
      ])
    },
    { config: { contact: { abuse: 'mailto:abuse@shakespeare.example' } } },
  )

  scenario('a server whose operator names nobody has no such form', async ({ romeo }) => {
    const info = child(await romeo.asks(question), 'query', INFO)
    expect(info && child(info, 'x', 'jabber:x:data')).toBeUndefined()
  })
})
