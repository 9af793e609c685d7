// The list of extensions. Listeners of a hook run in this order, so order is read here and nowhere else.

import type { Config } from '../server/config.js'
import type { AnyExtension } from '../server/extension.js'
import { bind } from './bind.js'
import { caps } from './caps/index.js'
import { disco } from './disco/index.js'
import { hostMeta } from './host-meta.js'
import { message } from './message/index.js'
import { offline } from './offline/index.js'
import { omemoDevices } from './omemo-devices.js'
import { pep } from './pep/index.js'
import { ping } from './ping.js'
import { presence } from './presence/index.js'
import { push } from './push/index.js'
import { pushAway } from './push-away.js'
import { pushEncrypt } from './push-encrypt/index.js'
import { pushOmemo } from './push-omemo.js'
import { roster } from './roster/index.js'
import { sasl } from './sasl/index.js'
import { session } from './session.js'
import { time } from './time.js'
import { version } from './version.js'

/** A fresh set for one server: what an extension remembers, it remembers for that server alone. */
export function extensionsOf({ limits, push: pushConfig }: Config): readonly AnyExtension[] {
  return [
    sasl(),
    bind,
    session,
    hostMeta,
    disco,
    ping,
    version,
    time,
    roster(),
    presence(),
    caps(),
    message,
    offline({ limit: limits.offlineMessages }),
    pep(),
    omemoDevices,
    push(pushConfig),
    pushEncrypt(pushConfig),
    pushOmemo,
    pushAway,
  ]
}
