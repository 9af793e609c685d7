// Which key a name means, in the spelling of a config file or of the library's options.

import { components, described, laterKeys, sections } from './keys.js'
import { nearest } from './nearest.js'
import type { Place } from './setting.js'

/** Finds the place of a dotted name; `spell` turns the name of a key into the spelling of the source. */
export function placesBy(spell: (key: string) => string): (name: string) => Place {
  const places = new Map<string, Place>([
    ...[...sections].map((name): [string, Place] => [spell(name), { kind: 'section' }]),
    ...described.map(({ name }): [string, Place] => [spell(name), placeOfKey(name)]),
    ...laterKeys.map((name): [string, Place] => [spell(name), later]),
  ])
  const known = described.map(({ name }) => spell(name))
  return (name) => places.get(name) ?? unknown(nearest(name, known))
}

const later: Place = { kind: 'unknown', message: 'this version does not have this key yet' }

function placeOfKey(key: string): Place {
  return { kind: key === components.name ? 'entries' : 'key', key }
}

function unknown(near: string | undefined): Place {
  const guess = near === undefined ? '' : `; did you mean ${near}?`
  return { kind: 'unknown', message: `there is no such key${guess}` }
}
