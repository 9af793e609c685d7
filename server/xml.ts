// XML: the one door to reading, asking, building and writing it (XML 1.0, Namespaces in XML, RFC 6120 §11).

export { Element } from 'ltx'
export { XmlError, type XmlCondition } from './xml/error.js'
export { readFrame, rereadFrame, type ChildIndex, type Frame, type Inherited, type XmlLimits } from './xml/frame.js'
export { childElement, frameElement, parse, prefixesIn } from './xml/tree.js'
export { el, serialize } from './xml/write.js'
export { escapeAttribute, escapeText } from './xml/escape.js'
export { attr, child, children, namespaceOf, text } from './xml/ask.js'
