// Tables that fit a terminal: columns give way until a line is as wide as the terminal, and what is cut
// ends with an ellipsis. Nothing wraps, whatever a name holds. Pure; colours come last, for they have no width.

export type Tone = 'good' | 'bad' | 'faint' | 'title'
export interface Span {
  readonly text: string
  readonly tone?: Tone | undefined
}
export type Line = readonly Span[]

export interface Column {
  readonly title: string
  /** It is not made narrower than this as long as another one can be. */
  readonly least?: number
}
export type Cell = string | Span

const GAP = 2
const LEAST = 6
const ELLIPSIS = '…'

/** Columns that are empty in every row are left out, but for the first. */
export function fitTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): Line[] {
  const body = rows.map((row) => columns.map((_, at) => spanOf(row[at] ?? '')))
  const isUsed = (at: number) => at === 0 || body.some((row) => row[at]!.text !== '')
  const used = columns.map((_, at) => at).filter(isUsed)
  const header = columns.map(({ title }): Span => ({ text: title, tone: 'faint' }))
  const lines = [header, ...body].map((row) => used.map((at) => row[at]!))
  const natural = used.map((_, at) => Math.max(...lines.map((line) => lengthOf(line[at]!.text))))
  const least = used.map((at) => columns[at]!.least ?? LEAST)
  const widths = narrowed(natural, least, width)
  return lines.map((line) => fitLine(padded(line, widths), width))
}

/** The widest gives way first, so that short columns stay whole. */
function narrowed(natural: readonly number[], least: readonly number[], width: number): number[] {
  const widths = [...natural]
  const total = () => widths.reduce((sum, one) => sum + one, GAP * (widths.length - 1))
  while (total() > width) {
    const spare = widths.map((one, at) => (one > least[at]! ? one : 0))
    const widest = Math.max(...spare)
    if (widest === 0) break
    widths[spare.indexOf(widest)]! -= 1
  }
  return widths
}

const padded = (line: Line, widths: readonly number[]): Line =>
  line.map(({ text, tone }, at): Span => {
    const fitted = cut(text, widths[at]!)
    const isLast = at === line.length - 1
    return {
      text: isLast ? fitted : fitted + ' '.repeat(widths[at]! - lengthOf(fitted) + GAP),
      tone,
    }
  })

/** A line no wider than this. */
export function fitLine(line: Line, width: number): Line {
  let left = width
  const fitted: Span[] = []
  const total = line.reduce((sum, { text }) => sum + lengthOf(printable(text)), 0)
  for (const { text, tone } of line) {
    const safe = printable(text)
    // The span that reaches the end is the one that says so.
    const isCut = total > width && lengthOf(safe) >= left
    const part = isCut ? cut(`${safe}${ELLIPSIS}`, left) : safe
    if (part !== '') fitted.push(tone === undefined ? { text: part } : { text: part, tone })
    left -= lengthOf(part)
    if (left <= 0) break
  }
  return fitted
}

/** At most so many lines; the last one tells how many are left out. */
export function fitHeight(lines: readonly Line[], height: number): Line[] {
  if (lines.length <= height) return [...lines]
  const kept = lines.slice(0, Math.max(0, height - 1))
  return [
    ...kept,
    [{ text: `${ELLIPSIS} ${lines.length - kept.length} lines more`, tone: 'faint' }],
  ]
}

const CODES: Readonly<Record<Tone, string>> = { good: '32', bad: '31', faint: '2', title: '1' }

export function paint(line: Line, hasColor: boolean): string {
  const texts = line.map(({ text, tone }) =>
    hasColor && tone ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text,
  )
  return hasColor ? texts.join('') : texts.join('').trimEnd()
}

const spanOf = (cell: Cell): Span => {
  const { text, tone } = typeof cell === 'string' ? { text: cell, tone: undefined } : cell
  return { text: printable(text), tone }
}

/** What users wrote may hold what a terminal obeys, or what turns a line around. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')

const lengthOf = (text: string): number => [...text].length

function cut(text: string, width: number): string {
  const letters = [...text]
  if (letters.length <= width) return text
  return width <= 0 ? '' : `${letters.slice(0, width - 1).join('')}${ELLIPSIS}`
}
