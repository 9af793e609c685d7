// A node's configuration: its defaults (XEP-0163 §5), its fields in forms (XEP-0060 §16.4.4), and preconditions (§7.1.5).

import type { NodeConfig, PepLimits } from '../../storage/pep.js'
import { pepError } from './errors.js'
import type { Fields, FormField } from './form.js'

/** `max_items` 1: a node tells its newest state, unless its owner wants more kept. */
export const defaultConfig: NodeConfig = {
  accessModel: 'presence',
  maxItems: 1,
  persistItems: true,
  sendLast: 'on_sub_and_presence',
  notifyRetract: true,
  deliverPayloads: true,
  whitelist: [],
}

/** One field of the form. */
interface Setting {
  readonly name: string
  readonly type: FormField['type']
  readonly label: string
  readonly options?: readonly string[]
  readonly write: (config: NodeConfig) => string
  /** @throws StanzaError when the value is not one that the node can have */
  readonly read: (value: string, limits: PepLimits) => Partial<NodeConfig>
}

const accessModels = ['open', 'presence', 'whitelist'] as const
const sendLasts = ['never', 'on_sub', 'on_sub_and_presence'] as const

const settings: readonly Setting[] = [
  {
    name: 'pubsub#access_model',
    type: 'list-single',
    label: 'Who may retrieve items',
    options: accessModels,
    write: (config) => config.accessModel,
    read: (value) => ({ accessModel: oneOf(accessModels, value) ?? refuse(pepError.unsupportedAccessModel()) }),
  },
  {
    name: 'pubsub#max_items',
    type: 'text-single',
    label: 'How many items are kept, or max for as many as the server keeps',
    write: (config) => String(config.maxItems),
    read: (value, limits) => ({ maxItems: readMaxItems(value, limits) }),
  },
  {
    name: 'pubsub#send_last_published_item',
    type: 'list-single',
    label: 'When the last item is sent without a publish',
    options: sendLasts,
    write: (config) => config.sendLast,
    read: (value) => ({ sendLast: oneOf(sendLasts, value) ?? refuse(unacceptable('pubsub#send_last_published_item')) }),
  },
  yesOrNo('pubsub#persist_items', 'Whether items are kept', 'persistItems'),
  yesOrNo('pubsub#deliver_payloads', 'Whether notifications carry the payload', 'deliverPayloads'),
  yesOrNo('pubsub#notify_retract', 'Whether the removal of an item is notified', 'notifyRetract'),
  // What this server always does: clients ask for it as a precondition, and are refused when they ask for something else.
  always('pubsub#notify_delete', 'boolean', 'Whether the removal of the node is notified', '1'),
  always('pubsub#notify_config', 'boolean', 'Whether a change of the configuration is notified', '0'),
  always('pubsub#notify_sub', 'boolean', 'Whether subscriptions are notified', '0'),
  always('pubsub#deliver_notifications', 'boolean', 'Whether publishing is notified', '1'),
  always('pubsub#presence_based_delivery', 'boolean', 'Whether only available clients are notified', '1'),
  always('pubsub#purge_offline', 'boolean', 'Whether the items go when their publisher goes offline', '0'),
  always('pubsub#publish_model', 'list-single', 'Who may publish', 'publishers'),
  always('pubsub#notification_type', 'list-single', 'The type of notifications', 'headline'),
  always('pubsub#item_expire', 'text-single', 'Seconds until an item goes, or max for never', 'max'),
]

const settingOf = new Map(settings.map((setting) => [setting.name, setting]))

/**
 * The configuration after the submitted fields.
 * @param unknown §7.1.5 has a publish refused for a field that nobody knows; in a form for the owner it is left out (XEP-0004 §3.2)
 * @throws StanzaError for a value that a node cannot have
 */
export function changed(
  config: NodeConfig,
  fields: Fields,
  limits: PepLimits,
  unknown: 'refuse' | 'ignore',
): NodeConfig {
  let result = config
  for (const [name, values] of fields) {
    const setting = settingOf.get(name)
    if (setting !== undefined) result = { ...result, ...setting.read(single(name, values), limits) }
    else if (unknown === 'refuse') throw pepError.invalidOptions(`there is no option ${name}`)
  }
  return result
}

/** Does the node have what was asked of it as a precondition? @throws StanzaError for a field or value that no node can have */
export function meets(config: NodeConfig, preconditions: Fields, limits: PepLimits): boolean {
  const wanted = changed(config, preconditions, limits, 'refuse')
  return settings.every(({ write }) => write(wanted) === write(config))
}

/** Every field with its present value. */
export function fieldsOf(config: NodeConfig): readonly FormField[] {
  return settings.map(({ name, type, label, options = [], write }) => ({
    name,
    type,
    label,
    options,
    value: write(config),
  }))
}

function yesOrNo(name: string, label: string, key: 'persistItems' | 'deliverPayloads' | 'notifyRetract'): Setting {
  const read = (value: string): Partial<NodeConfig> => ({ [key]: readBoolean(name, value) })
  return { name, type: 'boolean', label, write: (config) => (config[key] ? '1' : '0'), read }
}

function always(name: string, type: FormField['type'], label: string, fixed: string): Setting {
  const read = (value: string): Partial<NodeConfig> => {
    const same = type === 'boolean' ? readBoolean(name, value) === (fixed === '1') : value === fixed
    return same ? {} : refuse(pepError.unacceptable(`${name} is always ${fixed} here`))
  }
  return { name, type, label, options: type === 'list-single' ? [fixed] : [], write: () => fixed, read }
}

/** What is above the server's limit cannot be told from `max`, so it is the same (clients that do not know `max` ask for 9999). */
function readMaxItems(value: string, limits: PepLimits): number | 'max' {
  if (value === 'max') return 'max'
  if (!/^[0-9]{1,9}$/.test(value) || Number(value) === 0) return refuse(unacceptable('pubsub#max_items'))
  return Number(value) >= limits.items ? 'max' : Number(value)
}

function readBoolean(name: string, value: string): boolean {
  if (value === '1' || value === 'true') return true
  if (value === '0' || value === 'false') return false
  return refuse(unacceptable(name))
}

function single(name: string, values: readonly string[]): string {
  const [value] = values
  return value === undefined || values.length > 1 ? refuse(unacceptable(name)) : value
}

function oneOf<T extends string>(known: readonly T[], value: string): T | undefined {
  return known.find((candidate) => candidate === value)
}

const unacceptable = (name: string): Error => pepError.unacceptable(`${name} cannot have this value`)

function refuse(error: Error): never {
  throw error
}
