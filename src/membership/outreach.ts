// Whom this member asks over TCP: speakers that it was told of and that are no members yet, others for
// their table, and whether one is there that datagrams do not reach. What comes back is an event.
import type { DropReason } from './drop.ts'
import { addressText, wireAddress } from './endpoint.ts'
import type { Endpoint, SwimEvent } from './event.ts'
import type { Ping, PushPull } from './message.ts'
import type { NewsLog } from './news-log.ts'
import { Questions } from './questions.ts'
import { ownEntry, type Ring } from './ring.ts'
import { membersIn } from './rows.ts'
import { Seeds } from './seeds.ts'
import type { Speech } from './speech.ts'

export interface OutreachOptions {
  readonly speech: Speech
  /** Of all others. */
  readonly port: number
  readonly timeoutMs: number
  readonly ring: Ring
  readonly news: NewsLog
  readonly random: () => number
  /** `dueAt` may be another. */
  readonly onDueChange: () => void
  readonly tell: (event: SwimEvent) => void
}

const now = (): number => performance.now()

export class Outreach implements AsyncDisposable {
  readonly #options: OutreachOptions
  readonly #questions: Questions
  readonly #seeds: Seeds
  #isStopped = false
  /** When speakers are to be asked again. */
  dueAt = Number.POSITIVE_INFINITY

  constructor(options: OutreachOptions) {
    const { speech, timeoutMs, news, random } = options
    const onDrop = (reason: DropReason) => news.dropped(reason, now())
    this.#options = options
    this.#questions = new Questions({ ...speech, timeoutMs, onDrop })
    this.#seeds = new Seeds(random)
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true
    this.dueAt = Number.POSITIVE_INFINITY
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop()
    await this.#questions[Symbol.asyncDispose]()
  }

  /** These and no others, while they are no members; never ourselves. */
  seek(addresses: readonly string[], at: number): void {
    const own = addressText(ownEntry(this.#options.ring).addr)
    const known = addresses.map(wireAddress).filter((addr) => addr !== undefined)
    const others = known.map(addressText).filter((address) => address !== own)
    this.#seeds.set([...new Set(others)], at)
    this.ask(at)
  }

  /** The network may be another now. */
  hurry(at: number): void {
    this.#seeds.hurry(at)
    this.ask(at)
  }

  /** Those who are due. */
  ask(at: number): void {
    const { ring, port, tell, onDueChange } = this.#options
    if (this.#isStopped || ring.phase !== 'up') return
    const members = new Set(membersIn(ring).map(({ addr }) => addressText(addr)))
    const taken = this.#seeds.take(members, at)
    this.dueAt = this.#seeds.nextAt(members)
    const to = taken.map((address) => ({ addr: wireAddress(address)!, port }))
    if (to.length > 0) tell({ kind: 'join', to })
    else onDueChange()
  }

  exchange(to: Endpoint, table: PushPull): void {
    const { news, tell } = this.#options
    const seed = table.join ? addressText(to.addr) : undefined
    this.#questions.exchange(to, table, {
      onAnswer: (answer) => {
        if (seed !== undefined) this.#seeds.answered(seed, now())
        news.count('exchanges')
        tell({ kind: 'answered', table: answer })
        this.ask(now())
      },
      onFailure: (error) => {
        if (seed !== undefined) this.#seeds.failed(seed, now())
        news.trouble('notExchanged', now(), error)
        this.ask(now())
      },
    })
  }

  ping(to: Endpoint, ping: Ping, timeoutMs: number): void {
    const { news, tell } = this.#options
    this.#questions.ping(to, ping, timeoutMs, {
      onAnswer: ({ seqNo }) => tell({ kind: 'streamAck', seqNo }),
      // Says nothing by itself: the probe that sent it has its own deadline.
      onFailure: () => news.count('streamPingsFailed'),
    })
  }
}
