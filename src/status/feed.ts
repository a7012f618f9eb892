// Keeps the report of a process and tells who listens when it is another one: after each pass, and every
// few seconds for what makes no pass. What is told is small; who wants the report asks for it, and so a
// slow line gets fewer reports, not older ones.
import { parseAsked } from './listed.ts'
import { begin, type Remembered, remember } from './memory.ts'
import { reportOf, summaryOf } from './report.ts'
import type { ProcessStatus } from './role-status.ts'
import type { Listener, Route } from './routes.ts'
import { isSameStatus } from './same-status.ts'

export interface FeedOptions {
  readonly look: () => ProcessStatus
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly soonMs?: number
  readonly aliveMs?: number
}

/** The first change is told at once; those that follow wait for each other, for nobody reads faster. */
const SOON_MS = 250
/** Who hears nothing for some of these knows that the line is dead. */
const ALIVE_MS = 5_000

export class StatusFeed implements Disposable {
  readonly #options: FeedOptions
  readonly #started: number
  readonly #listeners = new Set<Listener>()
  readonly #alive: NodeJS.Timeout
  #soon: NodeJS.Timeout | undefined
  #toldAt = Number.NEGATIVE_INFINITY
  #remembered: Remembered
  #revision = 0

  constructor(options: FeedOptions) {
    this.#options = options
    this.#started = this.#now()
    this.#remembered = begin(this.#started)
    this.look()
    // A comment would keep a line open as well, but a page is never shown one.
    this.#alive = setInterval(() => {
      this.look()
      this.#tell()
    }, options.aliveMs ?? ALIVE_MS).unref()
  }

  /** Something may be different. */
  look(): void {
    const status = this.#options.look()
    if (isSameStatus(this.#remembered.status, status)) return
    this.#remembered = remember(this.#remembered, status, this.#now())
    this.#revision += 1
    const { soonMs = SOON_MS } = this.#options
    const delayMs = Math.max(0, this.#toldAt + soonMs - performance.now())
    this.#soon ??= setTimeout(() => this.#tell(), delayMs).unref()
  }

  routes(): (readonly [string, Route])[] {
    return [
      ['/status.json', { answer: (query) => ({ type: JSON_TYPE, text: this.#report(query) }) }],
      ['/events', { stream: (listener) => this.#listen(listener) }],
    ]
  }

  [Symbol.dispose](): void {
    clearInterval(this.#alive)
    clearTimeout(this.#soon)
    this.#listeners.clear()
  }

  #report(query: URLSearchParams): string {
    return JSON.stringify(reportOf(this.#remembered, this.#moment(), parseAsked(query)))
  }

  #listen(listener: Listener): void {
    this.#listeners.add(listener)
    listener.signal.addEventListener('abort', () => this.#listeners.delete(listener))
    listener.send(this.#summary())
  }

  #tell(): void {
    clearTimeout(this.#soon)
    this.#soon = undefined
    this.#toldAt = performance.now()
    if (this.#listeners.size === 0) return
    const summary = this.#summary()
    for (const listener of this.#listeners) listener.send(summary)
  }

  #summary(): string {
    return JSON.stringify(summaryOf(this.#remembered, this.#moment()))
  }

  #moment() {
    return { now: this.#now(), revision: `${this.#started}-${this.#revision}` }
  }

  #now(): number {
    return (this.#options.now ?? Date.now)()
  }
}

const JSON_TYPE = 'application/json'
