// Problems as one text of bounded length, one a line: a status that is too long is refused whole, and
// then nobody would be told of any of them. What does not fit is counted.
import { type Problem, printProblem } from '../config/problem.ts'

/** Of one problem. A field may hold a megabyte, and the sentence about it repeats it. */
const LINE_MAX = 1_024

export function printProblems(problems: readonly Problem[], max: number): string {
  const lines = problems.map((problem) => shortened(printProblem(problem)))
  const whole = lines.join('\n')
  if (whole.length <= max) return whole
  const told: string[] = []
  // The last line must fit whatever it counts.
  let left = max - more(lines.length).length
  for (const line of lines) {
    left -= line.length + 1
    if (left < 0) break
    told.push(line)
  }
  return [...told, more(lines.length - told.length)].join('\n')
}

const more = (count: number): string =>
  `and ${count} more; "ferrule check" on these objects tells all of them`

/** One line, and never half of a character that takes two. */
function shortened(line: string): string {
  const text = line.replaceAll('\n', ' ')
  if (text.length <= LINE_MAX) return text
  return `${text.slice(0, LINE_MAX - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
