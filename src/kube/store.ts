// The objects of one kind as the API server last told them, our own writes included. A write's answer
// is newer than the watch: what the watch still tells of the time before it must not count. Pure.

interface Entry<T> {
  readonly version: string
  readonly value: T
  /** The last list that named it, or during which it came. */
  readonly round: number
  /** We wrote it, and the watch has not told us so. */
  readonly isOurs: boolean
}

export class Store<T> {
  readonly #entries = new Map<string, Entry<T>>()
  #round = 0

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value
  }

  keys(): MapIterator<string> {
    return this.#entries.keys()
  }

  /** Whether this version says anything new about the object. */
  isNews(key: string, version: string): boolean {
    const entry = this.#entries.get(key)
    if (!entry) return true
    if (entry.version !== version && !(entry.isOurs && isOlder(version, entry.version))) return true
    const isEcho = entry.version === version
    this.#entries.set(key, {
      ...entry,
      round: this.#round,
      isOurs: entry.isOurs && !isEcho,
    })
    return false
  }

  put(key: string, version: string, value: T): void {
    this.#entries.set(key, { version, value, round: this.#round, isOurs: false })
  }

  /** The answer to a write of ours. */
  wrote(key: string, version: string, value: T): void {
    const entry = this.#entries.get(key)
    // The watch may have been faster, and have gone on.
    if (entry && !isOlder(entry.version, version)) return
    this.#entries.set(key, { version, value, round: this.#round, isOurs: true })
  }

  /** Returns what is gone, unless this is news from before we wrote it. */
  remove(key: string, version: string | undefined): T | undefined {
    const entry = this.#entries.get(key)
    if (!entry || (version && entry.isOurs && isOlder(version, entry.version))) return undefined
    this.#entries.delete(key)
    return entry.value
  }

  /** A list is asked for; it will show all that was written before. */
  begin(): void {
    this.#round++
    for (const [key, entry] of this.#entries) {
      if (entry.isOurs) this.#entries.set(key, { ...entry, isOurs: false })
    }
  }

  /** The list is complete: forgets what it did not name, and returns that. */
  sweep(): [string, T][] {
    const gone: [string, T][] = []
    for (const [key, { round, value }] of this.#entries) {
      if (round === this.#round) continue
      this.#entries.delete(key)
      gone.push([key, value])
    }
    return gone
  }
}

/** Versions are etcd's revisions, whole numbers without a bound; if not, nothing is known of them. */
function isOlder(a: string, b: string): boolean {
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false
  return a.length === b.length ? a < b : a.length < b.length
}
