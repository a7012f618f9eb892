// The counters of every address and of every reason for no answer, in memory that both threads see:
// the worker writes, the main thread reads when it is asked, and no message passes for a frame.
import { DROP_NAMES, type Drop, type DropCode } from './drops.ts'

/** More are refused. The memory for their counters is taken only where it is written. */
export const ADDRESSES_MAX = 65_536
/** Twice as many: a place just given up is not free at once (slots.ts). */
export const SLOTS_MAX = 2 * ADDRESSES_MAX

const FIELDS = 4
const DROPS_AT = SLOTS_MAX * FIELDS
const LENGTH = DROPS_AT + DROP_NAMES.length

/** Floats of 64 bits: whole numbers for thousands of years, written in one piece by our machines. */
export class Counters {
  readonly shared: SharedArrayBuffer
  readonly #values: Float64Array

  constructor(shared = new SharedArrayBuffer(LENGTH * 8)) {
    this.shared = shared
    this.#values = new Float64Array(shared)
  }

  addRequest(slot: number): void {
    this.#values[slot * FIELDS]! += 1
  }

  addResponse(slot: number): void {
    this.#values[slot * FIELDS + 1]! += 1
  }

  addGratuitous(slot: number): void {
    this.#values[slot * FIELDS + 2]! += 1
  }

  addConflicts(slot: number, count: number): void {
    this.#values[slot * FIELDS + 3]! += count
  }

  /** A frame was seen; of one that is answered the reason is 0. */
  addFrame(drop: DropCode): void {
    this.#values[DROPS_AT + drop]! += 1
  }

  frames(): Readonly<Record<Drop, number>> {
    const counted = DROP_NAMES.map((name, code) => [name, this.#values[DROPS_AT + code]!] as const)
    return Object.fromEntries(counted) as Record<Drop, number>
  }

  read(slot: number) {
    const [requests = 0, responses = 0, gratuitous = 0, conflicts = 0] = this.#values.subarray(
      slot * FIELDS,
      (slot + 1) * FIELDS,
    )
    return { requests, responses, gratuitous, conflicts }
  }

  /** For a slot nobody uses. */
  reset(slot: number): void {
    this.#values.fill(0, slot * FIELDS, (slot + 1) * FIELDS)
  }
}
