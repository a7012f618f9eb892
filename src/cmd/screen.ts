// A terminal that is drawn over in place, and given back as it was.
import type { WriteStream } from 'node:tty'
import { fitHeight, type Line, paint } from './fitted-table.ts'

export type Terminal = Pick<WriteStream, 'columns' | 'rows' | 'write'>

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
// A line that is too long for the moment in which a window shrinks must not push the others away.
const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'
const CLEAR = '\u001b[2J'
const HOME = '\u001b[H'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** Of a terminal that does not say: those of old were so. */
const COLUMNS = 80
const ROWS = 24

export class Screen implements Disposable {
  readonly #terminal: Terminal
  readonly #hasColor: boolean

  constructor(terminal: Terminal, hasColor: boolean) {
    this.#terminal = terminal
    this.#hasColor = hasColor
    terminal.write(HIDE_CURSOR + NO_WRAP + CLEAR)
  }

  draw(layout: (columns: number) => readonly Line[]): void {
    // Anew each time: the window may have another size by now.
    const { columns = COLUMNS, rows = ROWS } = this.#terminal
    const lines = fitHeight(layout(columns), rows)
    const text = lines.map((line) => paint(line, this.#hasColor) + CLEAR_LINE).join('\n')
    this.#terminal.write(HOME + text + CLEAR_BELOW)
  }

  [Symbol.dispose](): void {
    this.#terminal.write(`${WRAP}${SHOW_CURSOR}\n`)
  }
}
