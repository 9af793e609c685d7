// A configuration shown to a person: as a config file (secrets left out), and its keys as a table for the docs.

import { components, described, keyList } from './keys.js'
import type { Described } from './kinds.js'
import { defaults, type Config } from './shape.js'

const hidden = '"(not shown)"'

/** The configuration in effect, as TOML. Says `(not shown)` where a secret stands. */
export function describeConfig(config: Config): string {
  const top = keyList.filter(({ name }) => !name.includes('.')).map((key) => keyLine(key.name, key, config))
  return [...top, ...tables(config), ...componentLines(config)].join('\n') + '\n'
}

function keyLine(name: string, key: Described<unknown>, config: Config): string {
  const shown = key.of(config)
  if (shown === undefined) return `# ${name} is not set`
  return `${name} = ${key.isSecret === true ? hidden : toml(shown)}`
}

function tables(config: Config): readonly string[] {
  const inTables = keyList.filter(({ name }) => name.includes('.'))
  const sections = [...new Set(inTables.map(({ name }) => name.slice(0, name.indexOf('.'))))]
  return sections.flatMap((section) => {
    const own = inTables.filter(({ name }) => name.startsWith(`${section}.`))
    return ['', `[${section}]`, ...own.map((key) => keyLine(key.name.slice(section.length + 1), key, config))]
  })
}

function componentLines(config: Config): readonly string[] {
  const lines = [...config.components.keys()].map((domain) => `${toml(domain)} = ${hidden}`)
  return lines.length === 0 ? [] : ['', `[${components.name}]`, ...lines]
}

function toml(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? toml(value[0]) : `[${value.map(toml).join(', ')}]`
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

/** Every key as a row of the Markdown table in docs/configuration.md. */
export function keyTable(): string {
  const rows = described.map((key) => `| \`${key.name}\` | ${key.type} | ${defaultText(key)} | ${key.means} |`)
  return ['| key | takes | default | says |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function defaultText(key: Described<unknown>): string {
  const value = key.of(defaults)
  if (key.isSecret === true) return 'none'
  if (value === undefined) return key.unset ?? 'none'
  return `\`${toml(value)}\``
}
