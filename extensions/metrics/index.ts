// /metrics: what the server counts, as Prometheus reads it. For this machine alone, unless configured otherwise.

import type { Config } from '../../server/config.js'
import { type Context, defineExtension, type HttpAnswer, type HttpRequest } from '../../server/extension.js'
import type {} from '../message/hooks.js'
import type {} from '../push/hooks.js'
import type {} from '../sasl/hooks.js'
import { byLabel, Counts, gauge } from './counts.js'
import { contentType, exposition } from './exposition.js'
import type { Metric } from './hooks.js'
import { processMetrics } from './process.js'

type MetricsContext = Context<'messages' | 'push'>

export interface MetricsOptions {
  /** Who may read: nobody, this machine, everybody who can reach the port. */
  readonly readers: Config['metrics']
}

export const metrics = ({ readers }: MetricsOptions) => {
  const counts = new Counts()
  let started = performance.now()
  /** Those who ask while an answer is being made get the same one. */
  let pending: Promise<HttpAnswer> | undefined
  const answer = (context: MetricsContext): Promise<HttpAnswer> =>
    (pending ??= collected(context, counts, started).finally(() => (pending = undefined)))

  return defineExtension({
    name: 'metrics',
    requires: ['message', 'push', 'sasl'],
    stores: ['messages', 'push'],
    handlers:
      readers === 'off'
        ? []
        : [
            {
              kind: 'http',
              path: '/metrics',
              handle: (request, context) => (mayRead(request, readers) ? answer(context) : refused),
            },
          ],
    on: {
      'stream:features': (features, { state }) => {
        if (state === 'opened') counts.streamOpened()
        return features
      },
      'session:bound': (session) => counts.bound(session),
      'session:closed': (session) => counts.closed(session),
      'login:failed': () => counts.loginFailed(),
      'stanza:routed': (routed) => counts.routed(routed),
      'message:stored': () => counts.stored(),
      'push:decided': (decided) => counts.decided(decided),
      'push:outcome': (outcome) => counts.outcome(outcome),
    },
    start: () => {
      started = performance.now()
    },
  })
}

function mayRead({ isLoopback }: HttpRequest, readers: Config['metrics']): boolean {
  return readers === 'all' || isLoopback
}

const refused: HttpAnswer = {
  status: 403,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body: 'for the machine of the server alone\n',
}

async function collected(context: MetricsContext, counts: Counts, started: number): Promise<HttpAnswer> {
  const own = [
    gauge('sealpost_uptime_seconds', 'How long the server has been running.', (performance.now() - started) / 1000),
    ...counts.metrics(),
    ...(await stored(context)),
    gauge('sealpost_components_connected', 'Components that are connected.', context.components().length),
    ...(await processMetrics()),
  ]
  const all = await context.hooks.fold('metrics:collect', own, undefined)
  return { status: 200, headers: { 'Content-Type': contentType }, body: exposition(all) }
}

async function stored({ stores }: MetricsContext): Promise<readonly Metric[]> {
  const [{ waiting, owed }, registrations] = await Promise.all([stores.messages.count(), stores.push.count()])
  return [
    gauge('sealpost_messages_waiting', 'Messages that wait for a reader.', waiting),
    gauge('sealpost_pushes_owed', 'Pushes that are owed, and not published yet.', owed),
    gauge('sealpost_push_registrations', 'Push registrations, by state.', byLabel('state', registrations)),
  ]
}
