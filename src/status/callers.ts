// The gate of a cluster: whoever shows a token is who the API server says, and may look at a path if it
// says so. An answer is kept for some seconds, so that nobody's scraping is the API server's load, and a
// short time without it is no gap in a graph.
import { createHash } from 'node:crypto'
import type { Asked } from './gate.ts'
import type { Answer } from './routes.ts'

export interface Question {
  readonly token: string
  readonly path: string
}

export type Verdict = 'allowed' | 'denied' | 'unknown'

export interface CallersOptions {
  /** Asks the API server; throws why it could not be asked. */
  readonly ask: (question: Question) => Promise<Verdict>
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number
  readonly onFailure: (error: unknown) => void
  readonly onSuccess: () => void
}

const KEPT_MS: Readonly<Record<Verdict, number>> = {
  allowed: 10_000,
  denied: 5_000,
  unknown: 5_000,
}
/** Who is allowed is kept apart: many that are not cannot push them out. */
const KEPT = 256
/** Whoever reaches the port may make up tokens; the API server is everybody's. */
const AT_ONCE = 4

const ANSWERS: Readonly<Record<Verdict, Answer | undefined>> = {
  allowed: undefined,
  denied: { status: 403, text: 'you may not get this: a ClusterRole must say so\n' },
  unknown: {
    status: 401,
    text: 'say who you are: a token of the cluster is needed\n',
    headers: { 'www-authenticate': 'Bearer' },
  },
}
const UNASKED: Answer = {
  status: 500,
  text: 'the API server could not be asked whether you may see this; the log says why\n',
}

export class Callers {
  readonly #options: CallersOptions
  readonly #allowed = new Kept()
  readonly #refused = new Kept()
  readonly #asking = new Map<string, Promise<Verdict>>()
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(options: CallersOptions) {
    this.#options = options
  }

  readonly gate = async ({ authorization, path }: Asked): Promise<Answer | undefined> => {
    const token = tokenIn(authorization)
    if (token === undefined) return ANSWERS.unknown
    try {
      return ANSWERS[await this.#verdict({ token, path })]
    } catch (error) {
      this.#options.onFailure(error)
      return UNASKED
    }
  }

  async #verdict(question: Question): Promise<Verdict> {
    const key = keyOf(question)
    const now = this.#options.now()
    const known = this.#allowed.get(key, now) ?? this.#refused.get(key, now)
    if (known) return known
    const asking = this.#asking.get(key) ?? this.#ask(question, key)
    this.#asking.set(key, asking)
    return await asking
  }

  async #ask(question: Question, key: string): Promise<Verdict> {
    await this.#turn()
    try {
      const verdict = await this.#options.ask(question)
      this.#options.onSuccess()
      const kept = verdict === 'allowed' ? this.#allowed : this.#refused
      kept.set(key, verdict, this.#options.now() + KEPT_MS[verdict])
      return verdict
    } finally {
      this.#asking.delete(key)
      this.#next()
    }
  }

  /** In line; how many can stand there the server bounds. */
  async #turn(): Promise<void> {
    if (this.#running < AT_ONCE) this.#running++
    else await new Promise<void>((go) => this.#waiting.push(go))
  }

  /** Who is next takes the place of who is done. */
  #next(): void {
    const go = this.#waiting.shift()
    if (go) go()
    else this.#running--
  }
}

interface Entry {
  readonly verdict: Verdict
  readonly until: number
}

class Kept {
  readonly #entries = new Map<string, Entry>()

  get(key: string, now: number): Verdict | undefined {
    const entry = this.#entries.get(key)
    return entry && entry.until > now ? entry.verdict : undefined
  }

  set(key: string, verdict: Verdict, until: number): void {
    this.#entries.delete(key)
    this.#entries.set(key, { verdict, until })
    if (this.#entries.size <= KEPT) return
    const [oldest] = this.#entries.keys()
    this.#entries.delete(oldest!)
  }
}

/** RFC 6750 §2.1. */
const tokenIn = (authorization = ''): string | undefined =>
  /^Bearer +([\w.~+/-]+=*)$/i.exec(authorization)?.[1]

/** So that no token is in our memory for longer than its request. */
const keyOf = ({ token, path }: Question): string =>
  createHash('sha256').update(`${path}\n${token}`).digest('base64')
