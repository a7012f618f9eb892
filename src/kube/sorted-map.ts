// An immutable map in the order of its keys, of which a changed copy costs microseconds: a large
// layer that copies share, and a small one of changes on top. Copying a Map of 10,000 takes 1 ms.
import { compareText } from '../config/problem.ts'

/** Changes are merged into the large layer when there are more than this. */
const TOP_MAX = 64

export class SortedMap<V> implements ReadonlyMap<string, V> {
  readonly #base: ReadonlyMap<string, V>
  /** Undefined: gone. Sorted. */
  readonly #top: ReadonlyMap<string, V | undefined>
  readonly size: number

  constructor(
    base: ReadonlyMap<string, V> = new Map(),
    top: ReadonlyMap<string, V | undefined> = new Map(),
  ) {
    this.#base = base
    this.#top = top
    let size = base.size
    for (const [key, value] of top) size += Number(value !== undefined) - Number(base.has(key))
    this.size = size
  }

  /** A copy in which these keys have these values; undefined takes one away. */
  with(changes: Iterable<readonly [string, V | undefined]>): SortedMap<V> {
    const top = new Map([...this.#top, ...changes])
    const sorted = new Map([...top].sort(([a], [b]) => compareText(a, b)))
    if (sorted.size <= TOP_MAX) return new SortedMap(this.#base, sorted)
    return new SortedMap(new Map(new SortedMap(this.#base, sorted)))
  }

  get(key: string): V | undefined {
    return this.#top.has(key) ? this.#top.get(key) : this.#base.get(key)
  }

  has(key: string): boolean {
    return this.get(key) !== undefined
  }

  *entries(): MapIterator<[string, V]> {
    const changes = this.#top.entries()
    let change = changes.next()
    for (const entry of this.#base) {
      while (!change.done && change.value[0] < entry[0]) {
        if (change.value[1] !== undefined) yield [change.value[0], change.value[1]]
        change = changes.next()
      }
      if (change.done || change.value[0] !== entry[0]) yield entry
    }
    for (; !change.done; change = changes.next()) {
      if (change.value[1] !== undefined) yield [change.value[0], change.value[1]]
    }
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries()
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this)
  }
}
