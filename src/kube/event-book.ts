// What becomes of an event on an object: a new Event, a higher count of one that is there, one for
// many alike, or nothing. Pure. The bounds are those of client-go, which MetalLB's users know.
import type { Service } from '../api/core.ts'

export interface Involved {
  /** Absent: `v1`. */
  readonly apiVersion?: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid?: string
}

export const involvedOf = ({ kind, metadata }: Service): Involved => ({
  ...{ kind, namespace: metadata.namespace ?? '', name: metadata.name },
  ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
})

export interface Told {
  readonly involved: Involved
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

/** An Event as it stands, or shall stand, in the API. */
export interface Entry extends Told {
  readonly name: string
  readonly count: number
  /** Milliseconds since the epoch. */
  readonly first: number
  readonly last: number
}

export type Ruling =
  | { readonly kind: 'create' | 'count'; readonly entry: Entry }
  /** Of this object was told too much lately. */
  | { readonly kind: 'drop' }

/** Events of one object at once; then one more in each of these times. */
const BURST = 25
const REFILL_MS = 5 * 60_000
/** So many that differ in their message only are told as one from then on. */
const SIMILAR_MAX = 10
const SIMILAR_MS = 10 * 60_000
/** Of each kind of memory. */
const REMEMBERED = 4_096

interface Bucket {
  readonly tokens: number
  readonly at: number
}
interface Similar {
  readonly messages: ReadonlySet<string>
  readonly since: number
}

export class EventBook {
  readonly #entries = new Recent<Entry>()
  readonly #buckets = new Recent<Bucket>()
  readonly #similar = new Recent<Similar>()
  readonly #process: string
  #number = 0

  /** `process`: names of Events of different processes differ in it. */
  constructor(process: string) {
    this.#process = process
  }

  rule(told: Told, now: number): Ruling {
    const source = sourceOf(told)
    const bucket = this.#buckets.get(source) ?? { tokens: BURST, at: now }
    const tokens = Math.min(BURST, bucket.tokens + Math.max(0, now - bucket.at) / REFILL_MS)
    if (tokens < 1) return { kind: 'drop' }
    this.#buckets.set(source, { tokens: tokens - 1, at: now })

    const alike = this.#isOneOfMany(told, now)
    const message = alike ? `(combined from similar events): ${told.message}` : told.message
    const key = alike ? kindOf(told) : `${kindOf(told)} ${told.message}`
    const known = this.#entries.get(key)
    const entry: Entry = known
      ? { ...known, message, count: known.count + 1, last: now }
      : { ...told, message, name: this.#name(told, now), count: 1, first: now, last: now }
    this.#entries.set(key, entry)
    return { kind: known ? 'count' : 'create', entry }
  }

  /** The Event is not in the API any more: after an hour it is removed there. */
  forget({ name }: Entry): void {
    this.#entries.deleteWhere((one) => one.name === name)
  }

  #isOneOfMany(told: Told, now: number): boolean {
    const kind = kindOf(told)
    const before = this.#similar.get(kind)
    const isOver = !before || now - before.since > SIMILAR_MS
    const messages = new Set(isOver ? [] : before.messages)
    // A set that is full says enough: it does not grow.
    if (messages.size < SIMILAR_MAX) messages.add(told.message)
    this.#similar.set(kind, { messages, since: isOver ? now : before.since })
    return messages.size >= SIMILAR_MAX && !messages.has(told.message)
  }

  /** Unique: the nodes of a cluster tell of the same object in the same millisecond. */
  #name({ involved }: Told, now: number): string {
    const number = (this.#number++).toString(16)
    return `${involved.name.slice(0, 200)}.${now.toString(16)}.${this.#process}${number}`
  }
}

const sourceOf = ({ involved: { kind, namespace, name, uid } }: Told): string =>
  [kind, namespace, name, uid].join('/')

const kindOf = (told: Told): string => `${sourceOf(told)} ${told.type} ${told.reason}`

/** A map that forgets what was not used for longest. */
class Recent<T> {
  readonly #map = new Map<string, T>()

  get(key: string): T | undefined {
    return this.#map.get(key)
  }

  set(key: string, value: T): void {
    this.#map.delete(key)
    this.#map.set(key, value)
    const oldest = this.#map.size > REMEMBERED ? this.#map.keys().next().value : undefined
    if (oldest !== undefined) this.#map.delete(oldest)
  }

  deleteWhere(isMeant: (value: T) => boolean): void {
    for (const [key, value] of this.#map) if (isMeant(value)) this.#map.delete(key)
  }
}
