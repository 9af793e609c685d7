// A service worker as docs/notification.md has it, without OMEMO: opens what was pushed, shows it, and tells the page what it has shown.

import { openNotification } from './notification.js'

self.addEventListener('push', (event) => event.waitUntil(show(event.data.json())))

async function show({ iv, encrypted }) {
  const key = await (await caches.match('/key')).text()
  const { sender, message, id } = await openNotification({ key, iv, encrypted })
  await self.registration.showNotification(sender, { body: message, tag: id })
  const [shown] = await self.registration.getNotifications()
  new BroadcastChannel('shown').postMessage({ title: shown.title, body: shown.body, tag: shown.tag })
}
