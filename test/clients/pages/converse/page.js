// Starts Converse as its documentation has it, and does in its API what a person does in its dialogs.
// The query tells where the server is, which file Converse is, and whether it wants libsignal beside it.

const asked = new URLSearchParams(location.search)
if (asked.has('libsignal')) await import('./libsignal.js')
const { default: exported } = await import(`./${asked.get('file')}`)
const converse = window.converse ?? exported
const happened = new Set()

let _converse
converse.plugins.add('person', {
  initialize() {
    _converse = this._converse
    for (const event of ['OMEMOInitialized', 'rosterContactsFetched', 'bookmarksInitialized', 'logout'])
      _converse.api.listen.on(event, () => happened.add(event))
  },
})

const contact = (jid) => _converse.state.roster?.get(jid)

window.person = {
  happened: (event) => happened.has(event),
  adds: (jid) => _converse.api.contacts.add({ jid, name: jid.split('@')[0] }),
  subscribes: (jid) => void contact(jid).subscribeToPresence(),
  subscription: (jid) => contact(jid)?.get('subscription'),
  presence: (jid) => contact(jid)?.getStatus?.() ?? contact(jid)?.presence.getStatus(),
  opens: async (jid) => void (await _converse.api.chats.open(jid, {}, true)),
  wearsAvatar: (image) =>
    _converse.api.vcard.set(_converse.session.get('bare_jid'), { fn: 'A person', image, image_type: 'image/png' }),
  avatarOf: async (jid) => (await _converse.api.vcard.get(jid, true)).image,
  bookmarks: (jid, name) => _converse.api.bookmarks.set({ jid, name, autojoin: false, nick: 'me' }),
  bookmarked: async () => (await _converse.api.waitUntil('bookmarksInitialized')).map((one) => one.get('name')),
  blocks: (jid) => _converse.api.blocklist.add(jid),
  unblocks: (jid) => _converse.api.blocklist.remove(jid),
  leaves: async () => {
    happened.clear()
    await _converse.api.user.logout()
  },
}

converse.initialize({
  assets_path: new URL('.', location.href).pathname,
  websocket_url: asked.get('service'),
  discover_connection_methods: false,
  view_mode: 'fullscreen',
  show_background: false,
  // Converse 14 seals these beside messages, without waiting for one another: now and then it loses a step of its own ratchet.
  send_chat_state_notifications: false,
  loglevel: 'warn',
  whitelisted_plugins: ['person'],
  i18n: 'en',
})
