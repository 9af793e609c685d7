// The text format of Prometheus, version 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/). Pure.

import type { Metric, Sample } from './hooks.js'

export const contentType = 'text/plain; version=0.0.4; charset=utf-8'

/** Every family with its help, its type and its samples, a line each. */
export function exposition(metrics: readonly Metric[]): string {
  return metrics.map(family).join('')
}

function family({ name, kind, help, samples }: Metric): string {
  const lines = samples.map((sample) => `${name}${labelsOf(sample)} ${valueOf(sample)}\n`)
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${kind}\n${lines.join('')}`
}

function labelsOf({ labels = {} }: Sample): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

/** As Go reads it. */
function valueOf({ value }: Sample): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
