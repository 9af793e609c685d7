// How the process fares: under the names that dashboards for Node.js look for.

import { counter, gauge } from './counts.js'
import type { Metric } from './hooks.js'

/** Waits for one turn of the event loop, to tell how long it takes. */
export async function processMetrics(): Promise<readonly Metric[]> {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const lag = await eventLoopLag()
  return [
    gauge('process_start_time_seconds', 'When the process was started, since 1970.', performance.timeOrigin / 1000),
    counter('process_cpu_seconds_total', 'Processor time, of the user and of the system.', (user + system) / 1e6),
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('nodejs_heap_size_total_bytes', 'The heap of JavaScript.', heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'What is in use of it.', heapUsed),
    gauge('nodejs_external_memory_bytes', 'What it holds outside of the heap.', external),
    gauge('nodejs_eventloop_lag_seconds', 'How long a turn of the event loop takes just now.', lag),
  ]
}

function eventLoopLag(): Promise<number> {
  const begun = performance.now()
  return new Promise((resolve) => setImmediate(() => resolve((performance.now() - begun) / 1000)))
}
