import { scenario, xml } from '../helpers/scenario.js'

scenario('a session hears its own initial presence', async ({ romeo }) => {
  await romeo.sends(xml`<presence/>`)
  await romeo.receives(xml`<presence xmlns="jabber:client" from="${romeo.jid}" to="${romeo.account}"/>`)
})
