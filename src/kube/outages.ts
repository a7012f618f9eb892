// What the API server does not let us read or write at the moment: told once when it begins and once
// when it is over, and not at each of many attempts of many watches. Pure.
import type { Problem } from '../config/problem.ts'

/**
 * A refusal is the server's word only when it stands for so long. One that has just started knows no
 * rights yet and forbids everything to everybody, and may not know yet which kinds are installed.
 */
export const LASTING_MS = 10_000

export interface Failure {
  readonly message: string
  /** Of HTTP; absent when nobody answered. */
  readonly status?: number
}

export interface Told {
  readonly onError: (error: Error) => void
  readonly onRecovered?: (sentence: string) => void
}

interface Trouble {
  readonly failure: Failure
  /** Refused by every answer since then. */
  readonly refusedAt?: number
  readonly isLasting: boolean
  /** No answer, or none worth the name; a refusal that is too young does not change that. */
  readonly isAway: boolean
}

const AWAY = 'the API server'

export class Outages {
  readonly #told: Told
  readonly #troubles = new Map<string, Trouble>()
  readonly #said = new Set<string>()

  constructor(told: Told) {
    this.#told = told
  }

  /**
   * `what` is the plural of a kind, `services/status` for writing it. Says whether a pass is due: there
   * is a problem that was none before.
   */
  failed(what: string, failure: Failure, now: number): boolean {
    const before = this.#troubles.get(what)
    const trouble = troubleOf(failure, before, now)
    this.#troubles.set(what, trouble)
    this.#tell()
    return trouble.isLasting !== (before?.isLasting ?? false)
  }

  /** Here a pass is due as well when the server is back: what could not be written may be now. */
  recovered(what: string): boolean {
    const before = this.#troubles.get(what)
    if (!before) return false
    const wasAway = this.#said.has(AWAY)
    this.#troubles.delete(what)
    this.#tell()
    return before.isLasting || (wasAway && !this.#said.has(AWAY))
  }

  /**
   * Only what waits for somebody to act: a right that is missing, a kind that is not installed. A
   * server that is away is none, or every restart of one would be written by every node.
   */
  problems(): readonly Problem[] {
    return [...this.#troubles]
      .filter(([, { isLasting }]) => isLasting)
      .map(([what, { failure }]) => problemOf(what, failure))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Why the server cannot be asked; nothing while it answers. */
  away(): string | undefined {
    return [...this.#troubles.values()].find(({ isAway }) => isAway)?.failure.message
  }

  /** Without a server every watch fails; to say so of one of them is enough. */
  #tell(): void {
    const standing = new Map<string, Failure>()
    for (const [what, trouble] of this.#troubles) {
      const name = nameOf(what, trouble)
      if (name !== undefined) standing.set(name, trouble.failure)
    }
    for (const name of this.#said) {
      if (standing.has(name)) continue
      this.#said.delete(name)
      this.#told.onRecovered?.(`${name} answers again`)
    }
    for (const [name, { message }] of standing) {
      if (this.#said.has(name)) continue
      this.#said.add(name)
      this.#told.onError(new Error(`${message}; what was known stays in force`))
    }
  }
}

function troubleOf(failure: Failure, before: Trouble | undefined, now: number): Trouble {
  // A connection that is lost once and found again is nothing to report.
  if (!isRefused(failure)) return { failure, isLasting: false, isAway: before !== undefined }
  const refusedAt = before?.refusedAt ?? now
  const isLasting = now - refusedAt >= LASTING_MS
  const isAway = !isLasting && (before?.isAway ?? false)
  return { failure, refusedAt, isLasting, isAway }
}

function nameOf(what: string, { failure, isAway, isLasting }: Trouble): string | undefined {
  if (isLasting) return `${what} (${failure.status})`
  return isAway ? AWAY : undefined
}

/** The server has understood, and will say the same again. */
const isRefused = ({ status = 0 }: Failure): boolean =>
  status >= 400 && status < 500 && status !== 429

function problemOf(name: string, { status, message }: Failure): Problem {
  const about = { kind: 'API', namespace: '', name, path: '' }
  if (status === 404) {
    return { ...about, code: 'not-served', message: `this kind is not installed (${message})` }
  }
  return { ...about, code: status === 401 || status === 403 ? 'forbidden' : 'refused', message }
}
