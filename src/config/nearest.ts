// The known word that somebody most likely meant: a field, a flag, a command.

/** The closest of the known words, when it is close enough to be worth a question. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((word) => ({ word, steps: edits(written, word) }))
    .sort((a, b) => a.steps - b.steps)
  const best = ranked[0]
  if (!best || best.steps >= best.word.length) return undefined
  // Two letters that changed places are two edits.
  return best.steps <= Math.max(2, Math.floor(best.word.length / 3)) ? best.word : undefined
}

/** Letters to insert, drop or replace until one word is the other. */
function edits(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1))
    }
    previous = current
  }
  return previous[to.length]!
}
