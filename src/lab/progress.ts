// Progress for a person: on a terminal a line that says what is going on and then how it ended, on a pipe
// only the endings. On stderr, so that results on stdout can be kept apart.
import { styleText } from 'node:util'

export interface Progress {
  /** Runs the work under a line of its own; the returned note, if any, is put behind it. */
  step<T>(text: string, work: () => Promise<T>, note?: (result: T) => string): Promise<T>
  /** A remark between steps. */
  say(text: string): void
}

export function showProgress(stream: NodeJS.WriteStream): Progress {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream })
  const finish = (mark: string, text: string, tail: string) =>
    stream.write(`${stream.isTTY ? '\r\x1b[K' : ''}${mark} ${text}${tail}\n`)
  return {
    say: (text) => stream.write(`${text}\n`),
    async step(text, work, note) {
      if (stream.isTTY) stream.write(`${style('dim', '…')} ${text}`)
      const start = performance.now()
      const took = () => style('dim', ` (${((performance.now() - start) / 1000).toFixed(1)} s)`)
      try {
        const result = await work()
        finish(style('green', '✔'), text, `${note ? `: ${note(result)}` : ''}${took()}`)
        return result
      } catch (error) {
        finish(style('red', '✘'), text, took())
        throw error
      }
    },
  }
}
