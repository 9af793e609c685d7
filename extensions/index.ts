// The list of extensions. Listeners of a hook run in this order, so order is read here and nowhere else.

import type { Config } from '../server/config.js'
import type { AnyExtension } from '../server/extension.js'
import { bind } from './bind.js'
import { blocking } from './blocking/index.js'
import { caps } from './caps/index.js'
import { commands } from './commands/index.js'
import { contactAddresses } from './contact-addresses.js'
import { disco } from './disco/index.js'
import { hostMeta } from './host-meta.js'
import { lastActivity } from './last-activity.js'
import { message } from './message/index.js'
import { metrics } from './metrics/index.js'
import { offline } from './offline/index.js'
import { omemoDevices } from './omemo-devices.js'
import { pep } from './pep/index.js'
import { ping } from './ping.js'
import { presence } from './presence/index.js'
import { privateXml } from './private-xml.js'
import { push } from './push/index.js'
import { pushAgeing } from './push-ageing.js'
import { pushAway } from './push-away.js'
import { pushCommands } from './push-commands/index.js'
import { pushEncrypt } from './push-encrypt/index.js'
import { pushGroupchat } from './push-filters/groupchat.js'
import { pushIgnoreUnknown } from './push-filters/ignore-unknown.js'
import { pushMuted } from './push-filters/muted.js'
import { pushJingle } from './push-jingle.js'
import { pushNotices } from './push-notices.js'
import { pushOmemo } from './push-omemo.js'
import { pushPriority } from './push-priority.js'
import { pushTrace } from './push-trace/index.js'
import { register } from './register/index.js'
import { roster } from './roster/index.js'
import { sasl } from './sasl/index.js'
import { session } from './session.js'
import { spamReports } from './spam-reports.js'
import { time } from './time.js'
import { unansweredCall } from './unanswered-call.js'
import { vcard } from './vcard/index.js'
import { version } from './version.js'

/** A fresh set for one server: what an extension remembers, it remembers for that server alone. */
export function extensionsOf({
  contact,
  limits,
  metrics: readers,
  push: pushConfig,
  registration,
}: Config): readonly AnyExtension[] {
  return [
    sasl(),
    bind,
    session,
    hostMeta,
    disco,
    register({ registration, perHour: limits.registrationsPerHour }),
    commands(),
    ping,
    version,
    time,
    contactAddresses(contact),
    roster(),
    presence(),
    lastActivity(),
    blocking(),
    spamReports(),
    caps(),
    message,
    offline({ limit: limits.offlineMessages }),
    pep(),
    omemoDevices,
    privateXml,
    vcard(),
    push(pushConfig),
    pushEncrypt(pushConfig),
    pushOmemo,
    pushAway,
    pushPriority,
    pushMuted,
    pushIgnoreUnknown,
    pushGroupchat,
    pushJingle,
    unansweredCall,
    pushNotices(),
    pushAgeing(pushConfig),
    pushCommands(),
    pushTrace(),
    metrics({ readers }),
  ]
}
