// What happens in the ring as counts and lines of the log. Separate from what runs it: which of it is
// worth a line, and how often, is a question of its own where anybody on the network may cause it.
import type { Log } from '../log.ts'
import type { DropReason } from './drop.ts'
import { endpointText } from './endpoint.ts'
import type { Endpoint, Fact } from './event.ts'

/** A sender of nonsense must not fill the log; the counts go on. */
const AGAIN_MS = 600_000

const ADVICE: Partial<Record<DropReason, string>> = {
  'no-key':
    'packets come that our key does not open: have all speakers the same Secret, and the same length of key?',
  'not-sealed': 'packets come that are not sealed: a speaker runs without the key',
  sealed: 'packets come that are sealed, and we have no key: a speaker runs with another Secret',
  label: 'packets come that carry a label: they are of another ring',
}

export class NewsLog {
  readonly #log: Log
  readonly #dropped = new Map<string, number>()
  readonly #happened = new Map<string, number>()
  readonly #told = new Map<string, number>()

  constructor(log: Log) {
    this.#log = log
  }

  /** What could not be read, by the reason; everything else, by its word. */
  counts() {
    return { dropped: sorted(this.#dropped), happened: sorted(this.#happened) }
  }

  count(what: string): void {
    add(this.#happened, what)
  }

  member(change: 'joined' | 'left' | 'changed', member: string, members: number): void {
    this.count(change)
    const event = { joined: 'memberJoined', left: 'memberLeft', changed: 'memberUpdated' }[change]
    this.#log.info({ event, member, members }, `speaker of node "${member}" ${SENTENCES[change]}`)
  }

  revived(): void {
    this.count('revived')
    this.#log.info({ event: 'revived' }, 'others were told that we are dead; we live')
  }

  dropped(reason: DropReason, now: number, from?: Endpoint): void {
    add(this.#dropped, reason)
    if (!this.#isDue(`dropped:${reason}`, now)) return
    const about = { event: 'gossipDropped', reason, ...(from && { from: endpointText(from) }) }
    this.#log.warn(about, ADVICE[reason] ?? 'something comes that cannot be read')
  }

  trouble(what: 'notSent' | 'notExchanged' | 'evicted', now: number, error?: Error): void {
    this.count(what)
    // Of those that start together some are not there yet.
    const level = what === 'notExchanged' ? 'info' : 'warn'
    this.#log[this.#isDue(what, now) ? level : 'debug'](
      { event: what, ...(error && { error }) },
      TROUBLE[what],
    )
  }

  fact(fact: Fact, now: number): void {
    this.count(fact.what)
    switch (fact.what) {
      case 'dead':
        this.#dead(fact)
        return
      case 'suspected':
        this.#log.debug({ event: 'suspected', member: fact.node, from: fact.from }, 'suspected')
        return
      case 'accused':
        this.#log.debug({ event: 'accused', member: fact.accusation.node }, 'accused by us')
        return
      case 'refuted':
        this.#log.info({ event: 'refuted' }, 'we were accused, and said that we live')
        return
      case 'late':
        this.#log.debug({ event: 'late', ms: Math.round(fact.ms) }, 'we did not run for a while')
        return
      default:
        this.#warn(fact, now)
    }
  }

  /** Who leaves by itself has its line already. */
  #dead({ node: member, from }: Extract<Fact, { what: 'dead' }>): void {
    if (member === from) return
    this.#log.info({ event: 'memberDead', member, from }, `"${member}" does not answer "${from}"`)
  }

  #warn(fact: WarnFact, now: number): void {
    if (!this.#isDue(fact.what, now)) return
    const about: Record<string, unknown> = { event: fact.what }
    if ('node' in fact) about.member = fact.node
    if ('held' in fact) {
      about.held = endpointText(fact.held)
      about.refused = endpointText(fact.refused)
    }
    this.#log.warn(about, FACTS[fact.what])
  }

  /** `what` is of a closed list: nobody outside can make this grow. */
  #isDue(what: string, now: number): boolean {
    const last = this.#told.get(what)
    if (last !== undefined && now - last < AGAIN_MS) return false
    this.#told.set(what, now)
    return true
  }
}

function add(counts: Map<string, number>, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1)
}

const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))

type WarnFact = Extract<
  Fact,
  { what: 'conflict' | 'incompatible' | 'unlisted' | 'full' | 'spared' }
>

const SENTENCES = {
  joined: 'joined the gossip',
  left: 'left the gossip',
  changed: 'says something else of itself',
}

const FACTS = {
  conflict: 'two speakers have the same node name; the one that was here first is kept',
  incompatible: 'a table of members is refused: it names a version of the protocol we do not speak',
  unlisted: 'a speaker answers, but does not take us for a member',
  full: 'there are more members than can be remembered',
  spared: 'so many do not answer that the trouble must be ours; nobody is accused',
}

const TROUBLE = {
  notSent: 'a packet of the gossip could not be sent',
  notExchanged: 'a speaker does not answer over TCP; it is asked again',
  evicted: 'too many connections of the gossip are open; the worst was ended',
}
