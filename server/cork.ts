// Several frames to one socket within a turn leave in one write: that is worth more than a faster parser (docs/journey.md).

import type { Duplex } from 'node:stream'

const corked = new Set<Duplex>()

/** Holds back what is written to the socket until the turn ends. */
export function corkThisTurn(socket: Duplex): void {
  if (corked.has(socket)) return
  if (corked.size === 0) setImmediate(uncorkAll)
  corked.add(socket)
  socket.cork()
}

function uncorkAll(): void {
  const sockets = [...corked]
  corked.clear()
  for (const socket of sockets) socket.uncork()
}
