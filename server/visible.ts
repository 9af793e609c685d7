// Text from strangers on a terminal: escape sequences and signs that turn the direction of writing become visible.

const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** One line that commands no terminal: `\u{1b}` where an escape stood. */
export function visibleLine(text: string): string {
  return text.replace(unsafe, visible)
}

/** The same for text of several lines, whose line ends stay. */
export function visibleText(text: string): string {
  return text.replace(unsafe, (sign) => (sign === '\n' ? sign : visible(sign)))
}

function visible(sign: string): string {
  return `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`
}
