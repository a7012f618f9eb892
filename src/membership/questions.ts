// The streams that a member has open toward others, each on its own. Whoever ends waits here until none
// is left.
import type { DropReason } from './drop.ts'
import type { Endpoint } from './event.ts'
import type { Ack, Ping, PushPull } from './message.ts'
import { type Asking, exchangeTables, pingOnStream } from './tcp.ts'
import type { Receiving, Sending } from './wire.ts'

export interface QuestionsOptions {
  readonly timeoutMs: number
  readonly receiving: Receiving
  readonly sending: () => Sending
  readonly onDrop: (reason: DropReason) => void
}

/** Exactly one of them is called, unless it is closed before. */
export interface Outcome<Answer> {
  readonly onAnswer: (answer: Answer) => void
  readonly onFailure: (error: Error) => void
}

export class Questions implements AsyncDisposable {
  readonly #options: QuestionsOptions
  readonly #stop = new AbortController()
  readonly #open = new Set<Promise<void>>()

  constructor(options: QuestionsOptions) {
    this.#options = options
  }

  exchange(to: Endpoint, table: PushPull, outcome: Outcome<PushPull>): void {
    this.#keep(exchangeTables(table, this.#asking(to)), outcome)
  }

  ping(to: Endpoint, ping: Ping, timeoutMs: number, outcome: Outcome<Ack>): void {
    this.#keep(pingOnStream(ping, { ...this.#asking(to), timeoutMs }), outcome)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#open)
  }

  #asking(to: Endpoint): Asking {
    return { ...this.#options, to, signal: this.#stop.signal }
  }

  #keep<Answer>(asked: Promise<Answer>, { onAnswer, onFailure }: Outcome<Answer>): void {
    const unlessClosed = <T>(tell: (value: T) => void) => {
      return (value: T) => {
        if (!this.#stop.signal.aborted) tell(value)
      }
    }
    const settled = asked.then(unlessClosed(onAnswer), unlessClosed(onFailure))
    this.#open.add(settled)
    void settled.finally(() => this.#open.delete(settled))
  }
}
