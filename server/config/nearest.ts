// Which known name somebody who misspelt one may have meant.

/** The known name that differs in the fewest letters, if these are few enough to be a slip; undefined if there is none. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const rated = known.map((candidate) => ({ candidate, distance: distance(name.slice(0, 64), candidate) }))
  const best = rated.reduce((least, one) => (one.distance < least.distance ? one : least), {
    candidate: '',
    distance: Infinity,
  })
  return best.distance <= (name.length < 4 ? 1 : Math.max(2, name.length / 4)) ? best.candidate : undefined
}

/** Levenshtein's: how many letters have to be put in, taken out or changed. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_unused, index) => index)
  for (const [index, letter] of [...from].entries()) {
    let left = index + 1
    row = row.map((above, column) => {
      if (column === 0) return left
      const diagonal = (row[column - 1] ?? 0) + (to[column - 1] === letter ? 0 : 1)
      left = Math.min(above + 1, left + 1, diagonal)
      return left
    })
  }
  return row.at(-1) ?? 0
}
