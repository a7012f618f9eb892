// All of layer 2 in one thread: links and addresses in, answers and announcements out. What the parts
// decide is theirs; here is who tells whom, and in which order.
import { Announcing } from './announcing.ts'
import { Answerer, type Outcome } from './answer.ts'
import { Contests } from './contests.ts'
import { Counters } from './counters.ts'
import { parseExclusion } from './exclusion.ts'
import { LinkWatch } from './link-watch.ts'
import { type Links, LinkTable } from './links.ts'
import type { Mac } from './mac.ts'
import { Memberships } from './memberships.ts'
import type { Order, Placed, Report, Setting } from './orders.ts'
import { ARP_FILTER, NDP_FILTER } from './packet-filter.ts'
import { PacketSocket } from './packet-socket.ts'
import { type Admitted, Returns } from './returns.ts'
import { AddressTable, type Entry, entryOf, type Link } from './table.ts'

const ETHERTYPE = { arp: 0x0806, ndp: 0x86dd } as const

export class Station implements Disposable {
  readonly #report: (report: Report) => void
  readonly #stack: DisposableStack
  readonly #table = new AddressTable()
  /** Read by the answerer at every frame. */
  readonly #known: { table: AddressTable; links: Map<number, Link>; ownMacs: ReadonlySet<Mac> }
  readonly #linkTable: LinkTable
  readonly #returns = new Returns()
  #returnTimer: NodeJS.Timeout | undefined
  readonly #announcing: Announcing
  readonly #contests: Contests
  readonly #memberships: Memberships
  #seen = ''
  /** Applied before the links were known: to be reported with them, for only then it is in force. */
  #owed: number | undefined

  constructor(setting: Setting, report: (report: Report) => void) {
    // Closed again when something further down cannot be opened.
    using stack = new DisposableStack()
    const counters = new Counters(setting.counters)
    this.#report = report
    this.#known = { table: this.#table, links: new Map(), ownMacs: new Set() }
    this.#linkTable = new LinkTable(parseExclusion(setting.excluded))
    const { arp, ndp } = this.#openSockets(counters, stack)
    const { refreshEveryMs, packetsPerSecond } = setting
    this.#announcing = stack.use(
      new Announcing(
        {
          table: this.#table,
          ...(refreshEveryMs !== undefined && { refreshEveryMs }),
          ...(packetsPerSecond !== undefined && { packetsPerSecond }),
        },
        { arp: arp.announcements, ndp: ndp.announcements },
      ),
    )
    this.#contests = stack.use(
      new Contests({
        counters,
        report,
        announce: (event) => this.#announcing.handle(event),
      }),
    )
    this.#memberships = stack.use(new Memberships((message) => this.#warn(message)))
    stack.use(new LinkWatch(this.#linkTable, () => this.#readLinks()))
    this.#stack = stack.move()
  }

  handle({ generation, put, removed }: Order & { kind: 'change' }): void {
    this.#remove(removed)
    const entries = put.map((placed) => this.#put(placed))
    if (entries.length > 0) this.#announcing.handle({ kind: 'put', entries })
    if (this.#seen === '') this.#owed = generation
    else this.#report({ kind: 'applied', generation })
  }

  setRing(isWhole: boolean): void {
    this.#contests.handle({ kind: 'ring', isWhole })
    this.#returns.setRing(isWhole)
    // Before that they are not all known.
    if (this.#seen !== '') this.#readLinks()
  }

  announceAnew(): void {
    this.#contests.handle({ kind: 'mistaken' })
    this.#returns.wishAnew(performance.now())
    if (this.#seen !== '') this.#readLinks()
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#returnTimer)
    this.#stack.dispose()
  }

  #openSockets(counters: Counters, stack: DisposableStack) {
    const answerer = new Answerer(this.#known)
    const onClaim = (outcome: Outcome, index: number) => this.#claim(outcome, index)
    const note = (message: string) => this.#report({ kind: 'note', level: 'info', message })
    const arp = new PacketSocket(
      { protocol: ETHERTYPE.arp, filter: ARP_FILTER, note },
      { counters, onClaim, answer: (frame, reply) => answerer.arp(frame, reply) },
    )
    stack.use(arp)
    const ndp = new PacketSocket(
      // Once is enough.
      { protocol: ETHERTYPE.ndp, filter: NDP_FILTER, note: () => {} },
      { counters, onClaim, answer: (frame, reply) => answerer.ndp(frame, reply) },
    )
    return { arp, ndp: stack.use(ndp) }
  }

  #put({ address, interfaces, slot }: Placed): Entry {
    const known = this.#table.get(address.text)
    const sinceMs = known?.sinceMs ?? performance.now()
    const entry = entryOf({ address, interfaces, slot, sinceMs })
    this.#table.put(entry)
    if (!known && address.family === 6) this.#memberships.addAddress(entry.bytes)
    return entry
  }

  #remove(addresses: readonly string[]): void {
    if (addresses.length === 0) return
    for (const text of addresses) {
      const entry = this.#table.remove(text)
      if (entry?.address.family === 6) this.#memberships.removeAddress(entry.bytes)
    }
    this.#announcing.handle({ kind: 'removed', addresses })
    this.#contests.handle({ kind: 'removed', addresses })
  }

  #claim({ claimed, claimant }: Outcome, index: number): void {
    const link = this.#known.links.get(index)
    if (claimed && link) {
      this.#contests.handle({ kind: 'claim', entry: claimed, link, mac: claimant })
    }
  }

  #readLinks(): void {
    const links = this.#linkTable.read()
    const { seen, grouped, ownMacs } = links
    const { answering, isAnew } = this.#admitted(links)
    const before = this.#known.links
    this.#known.ownMacs = ownMacs
    this.#known.links = new Map(answering.map((link) => [link.index, keepSame(before, link)]))
    for (const index of before.keys()) {
      if (!this.#known.links.has(index)) this.#announcing.handle({ kind: 'link-gone', index })
    }
    for (const link of this.#known.links.values()) {
      if (before.get(link.index) !== link) this.#announcing.handle({ kind: 'link', link })
    }
    if (isAnew) this.#announcing.handle({ kind: 'anew' })
    this.#memberships.setLinks(grouped)
    const text = JSON.stringify(seen)
    if (text === this.#seen) return
    this.#seen = text
    this.#report({ kind: 'links', links: seen })
    if (this.#owed !== undefined) this.#report({ kind: 'applied', generation: this.#owed })
    this.#owed = undefined
  }

  #admitted(links: Links): Admitted {
    const now = performance.now()
    const admitted = this.#returns.admit(links, now)
    if (admitted.isOneBack) this.#report({ kind: 'link-back' })
    const nextAt = this.#returns.nextAt()
    clearTimeout(this.#returnTimer)
    if (Number.isFinite(nextAt)) {
      // A timer may be early by a part of a millisecond, and then would have to come twice.
      this.#returnTimer = setTimeout(() => this.#readLinks(), Math.ceil(nextAt - now) + 1)
    }
    return admitted
  }

  #warn(message: string): void {
    this.#report({ kind: 'note', level: 'warn', message })
  }
}

/** The very same link as long as nothing about it changed: then nobody has to be told. */
function keepSame(before: ReadonlyMap<number, Link>, link: Link): Link {
  const last = before.get(link.index)
  const isSame = last && JSON.stringify(plain(last)) === JSON.stringify(plain(link))
  return isSame ? last : link
}

const plain = (link: Link) => ({ ...link, linkLocal: link.linkLocal?.join() })
