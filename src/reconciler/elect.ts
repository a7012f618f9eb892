// Which node answers for an address on layer 2. Every speaker works it out by itself, and so does
// MetalLB's: the order is part of the protocol between nodes, though no packet ever holds it.
import { hash } from 'node:crypto'
import type { Address } from '../net/address.ts'

/** Node → what its preferences are worth; absent: nothing. */
export type Scores = ReadonlyMap<string, number>

const NO_SCORES: Scores = new Map()

/** The candidates, best first: the higher score, then the lower digest. */
export function elect(
  candidates: Iterable<string>,
  address: Address,
  scores: Scores = NO_SCORES,
): string[] {
  const digests = new Map([...candidates].map((node) => [node, digestOf(node, address)]))
  return [...digests.keys()].sort((a, b) => {
    const byScore = (scores.get(b) ?? 0) - (scores.get(a) ?? 0)
    return byScore || (digests.get(a)! < digests.get(b)! ? -1 : 1)
  })
}

/** Hexadecimal text sorts as the bytes do. */
const digestOf = (node: string, { text }: Pick<Address, 'text'>): string =>
  hash('sha256', `${node}#${text}`, 'hex')

/** The candidates with the highest score: the others cannot win. */
export function foremost(candidates: readonly string[], scores: Scores): readonly string[] {
  if (scores.size === 0) return candidates
  const best = Math.max(...candidates.map((node) => scores.get(node) ?? 0))
  return candidates.filter((node) => (scores.get(node) ?? 0) === best)
}

/** So many beginnings of digests are kept; 8 bytes each. */
const KEPT_MAX = 4_000_000

/**
 * Remembers the beginnings of digests, so that an election among fifty nodes costs fifty comparisons.
 * When a node goes, thousands of addresses are elected anew, and every millisecond is an outage.
 */
export class Elections {
  #places = new Map<string, number>()
  /** Of lists of candidates that are used again and again. */
  #placesOf = new WeakMap<readonly string[], Uint32Array>()
  #heads = new Map<string, Float64Array>()

  /** The best of the candidates, all of one score; undefined when there is none. */
  winner(candidates: readonly string[], address: Address): string | undefined {
    if (this.#places.size * this.#heads.size > KEPT_MAX) this.#forget()
    const places = this.#placesOf.get(candidates) ?? this.#takePlaces(candidates)
    const heads = this.#headsOf(address)
    let winner: string | undefined
    let lowest = Number.POSITIVE_INFINITY
    for (let at = 0; at < candidates.length; at++) {
      const node = candidates[at]!
      const place = places[at]!
      let head = heads[place]!
      if (head === UNKNOWN) head = heads[place] = headOf(node, address)
      if (head > lowest) continue
      if (head === lowest && winner !== undefined && !precedes(node, winner, address)) continue
      winner = node
      lowest = head
    }
    return winner
  }

  #takePlaces(candidates: readonly string[]): Uint32Array {
    const places = new Uint32Array(candidates.length)
    for (const [at, node] of candidates.entries()) {
      const place = this.#places.get(node) ?? this.#places.size
      this.#places.set(node, place)
      places[at] = place
    }
    this.#placesOf.set(candidates, places)
    return places
  }

  #headsOf({ text }: Address): Float64Array {
    const known = this.#heads.get(text)
    if (known && known.length >= this.#places.size) return known
    const heads = new Float64Array(Math.max(8, Math.ceil(this.#places.size * 1.25))).fill(UNKNOWN)
    if (known) heads.set(known)
    this.#heads.set(text, heads)
    return heads
  }

  /** Nodes and addresses that are gone for good are among them; the others come back when asked for. */
  #forget(): void {
    this.#places = new Map()
    this.#placesOf = new WeakMap()
    this.#heads = new Map()
  }
}

/** 48 bits: a number holds them exactly. */
const HEAD_DIGITS = 12
const UNKNOWN = -1

const headOf = (node: string, address: Address): number =>
  Number.parseInt(digestOf(node, address).slice(0, HEAD_DIGITS), 16)

/** Two digests that begin alike: once in many billions of elections. */
const precedes = (a: string, b: string, address: Address): boolean =>
  digestOf(a, address) < digestOf(b, address)
