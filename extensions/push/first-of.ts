// The first of many children: of what anybody can put into a message without end, no more is read than is looked at.

import { Content, type Message } from '../../server/stanza.js'
import type { Element } from '../../server/xml.js'

export function firstOf(
  { content }: Pick<Message, 'content'>,
  name: string,
  namespace: string,
  most: number,
): readonly Element[] {
  if (!content.has(name, namespace)) return []
  const named = content.children.filter((child) => child.name === name && child.namespace === namespace)
  return new Content(content.extra, content.inner, named.slice(0, most)).elements()
}
