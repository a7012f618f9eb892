// Who is told unasked where an address is, and when: five rounds when an address is new on an interface,
// then a slow refresh, under a packet budget. Changes its queues in place: with 10,000 addresses on four
// interfaces a copy for every step would be the most of the work.
import { REPLY, REQUEST, writeArpProbe, writeGratuitousArp } from './arp.ts'
import { readU32 } from './bytes.ts'
import { LinkQueue, type Send } from './link-queue.ts'
import { writeDuplicateDetection, writeUnsolicitedAdvertisement } from './ndp.ts'
import { PacketBudget } from './packet-budget.ts'
import { type AddressTable, type Entry, type Link, speaksOn } from './table.ts'

export { framesOf, type Send } from './link-queue.ts'

export const REFRESH_EVERY_MS = 60_000
export const PACKETS_PER_SECOND = 20_000
/** Frames of one step: between two slices whoever asks is answered. */
export const SLICE_FRAMES = 256

export interface GratuitousOptions {
  /** Changed by its owner before the event that tells of it. */
  readonly table: AddressTable
  /** 0: never. */
  readonly refreshEveryMs?: number
  /** Per interface. */
  readonly packetsPerSecond?: number
}

export type GratuitousEvent =
  /** New or changed. What is not new on an interface is not announced there again. */
  | { readonly kind: 'put'; readonly entries: Iterable<Entry> }
  | { readonly kind: 'removed'; readonly addresses: Iterable<string> }
  /** It appeared, or something about it changed. */
  | { readonly kind: 'link'; readonly link: Link }
  | { readonly kind: 'link-gone'; readonly index: number }
  /** Another machine claims the address there (conflicts.ts). */
  | { readonly kind: 'defend'; readonly address: string; readonly index: number }
  /** Another machine may have claimed all of them for a moment, on every interface. */
  | { readonly kind: 'anew' }
  /** To be asked: does another machine answer for it there? */
  | { readonly kind: 'probe'; readonly address: string; readonly index: number }
  | { readonly kind: 'tick' }

export interface GratuitousStep {
  /** At most SLICE_FRAMES frames, `framesOf(entry)` of each. */
  readonly sends: readonly Send[]
  /** Questions, one frame each, and of the same slice. */
  readonly probes: readonly Send[]
  /** When the next tick is due; not after `now`: as soon as the packets that wait are served. */
  readonly nextAt: number
}

export class Gratuitous {
  readonly #table: AddressTable
  readonly #refreshEveryMs: number
  readonly #packetsPerSecond: number
  readonly #queues = new Map<number, LinkQueue>()
  /** Who is served first: each in its turn, or a long burst on one would starve the others. */
  #turn = 0

  constructor(options: GratuitousOptions) {
    this.#table = options.table
    this.#refreshEveryMs = options.refreshEveryMs ?? REFRESH_EVERY_MS
    this.#packetsPerSecond = options.packetsPerSecond ?? PACKETS_PER_SECOND
  }

  step(event: GratuitousEvent, now: number): GratuitousStep {
    this.#note(event)
    const queues = [...this.#queues.values()]
    const sends: Send[] = []
    const probes: Send[] = []
    let room = SLICE_FRAMES
    this.#turn += 1
    for (let i = 0; i < queues.length; i++) {
      const queue = queues[(this.#turn + i) % queues.length]!
      room -= queue.takeProbes(probes, now, room)
      room -= queue.take(sends, now, room)
    }
    return { sends, probes, nextAt: Math.min(...queues.map((queue) => queue.nextAt(now))) }
  }

  #note(event: GratuitousEvent): void {
    switch (event.kind) {
      case 'put':
        for (const entry of event.entries) {
          for (const queue of this.#queues.values()) place(queue, entry)
        }
        return
      case 'removed':
        for (const address of event.addresses) {
          for (const queue of this.#queues.values()) queue.remove(address)
        }
        return
      case 'link':
        this.#noteLink(event.link)
        return
      case 'link-gone':
        this.#queues.delete(event.index)
        return
      case 'defend':
        this.#queues.get(event.index)?.once(event.address)
        return
      case 'anew':
        for (const queue of this.#queues.values()) queue.anew()
        return
      case 'probe':
        this.#queues.get(event.index)?.probe(event.address)
        return
      case 'tick':
        return
    }
  }

  #noteLink(link: Link): void {
    const queue = this.#queues.get(link.index) ?? this.#openQueue(link)
    // Everybody out there has the old hardware address, as after a bond's fail-over.
    if (queue.link.mac !== link.mac) queue.clear()
    queue.link = link
    for (const entry of this.#table.entries()) place(queue, entry)
  }

  #openQueue(link: Link): LinkQueue {
    const budget = new PacketBudget(this.#packetsPerSecond)
    const queue = new LinkQueue(link, budget, this.#refreshEveryMs)
    this.#queues.set(link.index, queue)
    return queue
  }
}

function place(queue: LinkQueue, entry: Entry): void {
  if (speaksOn(entry, queue.link)) queue.put(entry)
  else queue.remove(entry.address.text)
}

/** Writes the frame with this number, below `framesOf(entry)`; returns its length. */
export function writeAnnouncement(
  bytes: Uint8Array,
  at: number,
  { entry, link }: Send,
  nth: number,
): number {
  if (entry.address.family === 4) {
    const operation = nth === 0 ? REQUEST : REPLY
    const address = readU32(entry.bytes, 0)
    return writeGratuitousArp(bytes, at, { mac: link.mac, address, operation })
  }
  // An interface that lost its address since then sends nothing.
  if (link.linkLocal === undefined) return 0
  return writeUnsolicitedAdvertisement(bytes, at, { mac: link.mac, target: entry.bytes })
}

/** Nobody may learn anything from it: it says no more than which address is asked for. */
export function writeProbe(bytes: Uint8Array, at: number, { entry, link }: Send): number {
  const { mac } = link
  if (entry.address.family === 4) {
    return writeArpProbe(bytes, at, { mac, address: readU32(entry.bytes, 0) })
  }
  if (link.linkLocal === undefined) return 0
  return writeDuplicateDetection(bytes, at, { mac, target: entry.bytes })
}
