// Words that stand in YAML for what is not YAML. A block stands on a line of its own and knows how far
// from the left; a word stands within a line.
import { Pair, Scalar } from 'yaml'

/** Lines, without their blanks at the left. */
export type Block = (indent: number) => readonly string[]

const WORD = /__(\d+)__/g
const ALONE = /^( *)(?:[-?] )?__(\d+)__(?::(?: null)?)?$/

export class Tokens {
  readonly #meant: (string | Block)[] = []

  word(expression: string): string {
    return this.#token(expression)
  }

  block(lines: Block): Scalar {
    return new Scalar(this.#token(lines))
  }

  pair(lines: Block): Pair<Scalar, null> {
    return new Pair(this.block(lines), null)
  }

  #token(meant: string | Block): string {
    this.#meant.push(meant)
    return `__${this.#meant.length - 1}__`
  }

  static isToken(text: string): boolean {
    return /^__\d+__$/.test(text)
  }

  /** What the base itself has between braces is Prometheus' business, and not Helm's. */
  spellOut(text: string): string {
    const lines = text
      .replaceAll(/\{\{.*?\}\}/gs, (found) => `{{\`${found}\`}}`)
      .split('\n')
      .flatMap((line) => this.#line(line))
    // One condition for neighbours is written once.
    return joined(lines).join('\n')
  }

  #line(line: string): readonly string[] {
    const [, blanks = '', number] = ALONE.exec(line) ?? []
    const meant = number === undefined ? undefined : this.#meant[Number(number)]
    if (typeof meant === 'function') return meant(blanks.length).map((one) => blanks + one)
    return [line.replaceAll(WORD, (_, one) => this.#meant[Number(one)] as string)]
  }
}

const BEGIN = /^ *\{\{- (?:if|with) /
const END = /^ *\{\{- end \}\}$/

function joined(lines: readonly string[]): string[] {
  const kept: string[] = []
  const open: string[] = []
  let closed: string | undefined
  for (const line of lines) {
    if (BEGIN.test(line)) open.push(line)
    if (line.trim().startsWith('{{- if ') && line === closed && END.test(kept.at(-1)!)) {
      kept.pop()
      continue
    }
    closed = END.test(line) ? open.pop() : undefined
    kept.push(line)
  }
  return kept
}
