// What cannot be read from the API server at the moment, told once and not at each of many attempts
// of many watches. Pure.
import type { Problem } from '../config/problem.ts'

interface Failure {
  readonly message: string
  readonly status?: number
  readonly failures: number
}

export class Outages {
  readonly #told: { onError: (error: Error) => void; onRecovered?: () => void }
  readonly #failing = new Map<string, Failure>()
  readonly #said = new Set<string>()

  constructor(told: { onError: (error: Error) => void; onRecovered?: () => void }) {
    this.#told = told
  }

  /** Says whether there is a problem that was none before; so does `recovered`, of one less. */
  failed(plural: string, failure: Failure): boolean {
    // A connection that is lost once and found again is nothing to report.
    if (failure.failures < 2 && !isRefused(failure)) return false
    const before = this.#failing.get(plural)
    this.#failing.set(plural, failure)
    const what = nameOf(plural, failure)
    if (!this.#said.has(what)) {
      this.#said.add(what)
      this.#told.onError(new Error(`${failure.message}; what was known stays in force`))
    }
    return isRefused(failure) !== (before !== undefined && isRefused(before))
  }

  recovered(plural: string): boolean {
    const before = this.#failing.get(plural)
    if (!before) return false
    this.#failing.delete(plural)
    const left = new Set([...this.#failing].map(([one, failure]) => nameOf(one, failure)))
    for (const what of this.#said) if (!left.has(what)) this.#said.delete(what)
    if (left.size === 0) this.#told.onRecovered?.()
    return isRefused(before)
  }

  /**
   * Only what waits for somebody to act: a right that is missing, a kind that is not installed. A
   * server that is away is none, or every restart of one would be written by every node.
   */
  problems(): readonly Problem[] {
    return [...this.#failing]
      .filter(([, failure]) => isRefused(failure))
      .map(([plural, { status, message }]) => ({
        ...{ kind: 'API', namespace: '', name: plural, path: '' },
        code: status === 404 ? 'not-served' : 'forbidden',
        message: status === 404 ? `this kind is not installed (${message})` : message,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}

const isRefused = ({ status = 0 }: Failure): boolean =>
  status === 401 || status === 403 || status === 404

/** Without a server every watch fails; to say so of one of them is enough. */
const nameOf = (plural: string, failure: Failure): string =>
  isRefused(failure) ? `${plural} ${failure.status}` : 'away'
