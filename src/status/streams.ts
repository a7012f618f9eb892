// Answers that go on for as long as somebody listens: server-sent events, to a bounded number.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Listener } from './routes.ts'

/** People with the page open; one that was forgotten costs a connection and some words a change. */
const STREAMS = 32
/** What one who does not read may leave in our memory before it is let go. */
const UNREAD_BYTES = 1024 * 1024

export class Streams {
  readonly #listening = new Set<AbortController>()

  get isFull(): boolean {
    return this.#listening.size >= STREAMS
  }

  /** Its head has been sent; from here on `stream` talks. */
  begin(
    request: IncomingMessage,
    response: ServerResponse,
    stream: (listener: Listener) => void,
  ): void {
    const end = new AbortController()
    this.#listening.add(end)
    const over = () => {
      this.#listening.delete(end)
      end.abort()
    }
    response.once('close', over)
    end.signal.addEventListener('abort', () => response.end(), { once: true })
    // Silence is as it should be. A laptop that was closed is silent, too; the kernel finds out.
    request.socket.setTimeout(0).setKeepAlive(true, 30_000)
    response.flushHeaders()
    const send = (data: string) => {
      if (end.signal.aborted) return
      response.write(eventText(data))
      if (response.writableLength > UNREAD_BYTES) response.destroy()
    }
    stream({ send, signal: end.signal })
  }

  end(): void {
    for (const one of this.#listening) one.abort()
  }
}

/** Every line of the data by its own, for a line break ends a field (WHATWG HTML §9.2.6). */
export function eventText(data: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
  return `${lines.join('')}\n`
}
