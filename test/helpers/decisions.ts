// What push has decided in a scenario, and what a client asked it for: an extension that only listens.

import { type AnyExtension, defineExtension } from '../../server/extension.js'
import type { Decision } from '../../extensions/push/hooks.js'
import type { PushRules } from '../../storage/push.js'

export class Decisions {
  /** As they were made, since the last `forgets()`. */
  readonly all: Decision[] = []
  /** What the last `<enable/>` that was read to its end asked for. */
  rules: PushRules | undefined

  /** To be given to the scenario. */
  readonly extension: AnyExtension = defineExtension({
    name: 'decisions',
    requires: ['push'],
    on: {
      'push:decided': ({ decision }) => {
        this.all.push(decision)
      },
      'push:enable': (settings) => {
        this.rules = settings.rules
        return settings
      },
    },
  })

  /** Why there was no push, decision by decision; 'push' where there was one. */
  get whys(): readonly string[] {
    return this.all.map((decision) => (decision.push ? 'push' : decision.why))
  }

  forgets(): void {
    this.all.length = 0
  }
}
