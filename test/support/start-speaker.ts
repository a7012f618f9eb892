// A speaker's role over a folder, with an FRR and a layer 2 that do what they are told and remember it.
import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { OwnershipEdge, Ruling } from '../../src/cmd/layer2-ownership.ts'
import type { L2Edge } from '../../src/cmd/layer2-role.ts'
import type { ObserverEdge } from '../../src/cmd/session-role.ts'
import { type MembersEdge, SpeakerRole } from '../../src/cmd/speaker-role.ts'
import type { ApplyResult } from '../../src/frr/apply.ts'
import { type Counters, NOTHING_OBSERVED, type Observed } from '../../src/frr/observer.ts'
import { parseTree } from '../../src/frr/tree.ts'
import type { Told } from '../../src/kube/event-book.ts'
import { openFolder } from '../../src/kube/folder.ts'
import { DROP_NAMES, type Drop } from '../../src/l2/drops.ts'
import type { L2Address, L2Conflict, L2Counters, Others } from '../../src/l2/responder.ts'
import { openLog } from '../../src/log.ts'
import { Metrics } from '../../src/metrics/record.ts'
import type { PeerSession } from '../../src/reconciler/sessions.ts'

export class FakeFrr {
  readonly texts: string[] = []
  isAway = false
  /** While it is set, FRR does not get on. */
  stuck: Promise<void> | undefined
  readonly #before: string

  constructor(before = '') {
    this.#before = before
  }

  async apply(text: string): Promise<ApplyResult> {
    if (this.isAway) throw new Error('no FRR')
    await this.stuck
    const isSame = this.texts.at(-1) === text
    this.texts.push(text)
    return isSame ? { kind: 'unchanged' } : { kind: 'applied', commands: 1, resets: [], ms: 1 }
  }

  running = async () => parseTree(this.texts.at(-1) ?? this.#before)
  startSession = async () => true
  on = () => {}
}

export class FakeObserver extends EventEmitter implements ObserverEdge {
  isStarted = false
  hasLooked = false
  observed: Observed = NOTHING_OBSERVED
  counted: Counters = { sessions: [], bfd: [] }
  /** What FRR says it sends, by name of the peer. */
  readonly sent = new Map<string, ReadonlySet<string>>()

  start = () => {
    this.isStarted = true
  }

  counters = async () => this.counted
  advertised = async ({ name }: PeerSession) => this.sent.get(name)

  /** Another look; what is not named is as it was. */
  see(seen: Partial<Observed>): void {
    this.hasLooked = true
    this.observed = { ...this.observed, ...seen }
    this.emit('change')
  }
}

const NO_FRAMES = Object.fromEntries(DROP_NAMES.map((name) => [name, 0])) as Record<Drop, number>

export class FakeLayer2 extends EventEmitter implements L2Edge {
  isAway = false
  isStarted = false
  names: readonly string[] = ['eth0']
  standing: L2Conflict[] = []
  counted: L2Counters[] = []
  /** What is answered for: `192.0.2.1`, `192.0.2.2 on eth0 eth1`. */
  answered: readonly string[] = []
  others: Others = {}
  /** What was answered each time when all of it was to be announced anew. */
  readonly anew: string[] = []

  async start(): Promise<void> {
    if (this.isAway) throw new Error('no packet sockets')
    this.isStarted = true
  }

  async apply(addresses: readonly L2Address[], others: Others = {}): Promise<void> {
    this.others = others
    if (addresses.length > 0) await this.start()
    this.answered = addresses.map(({ address, interfaces }) =>
      [address.text, ...(interfaces.length > 0 ? ['on', ...interfaces] : [])].join(' '),
    )
  }

  announceAnew(): void {
    this.anew.push(this.answered.join())
  }

  links = () => (this.isStarted ? this.names.map((name) => ({ name })) : [])
  counters = () => this.counted
  frames: L2Edge['frames'] = () => ({ ...NO_FRAMES, answered: 3 })
  restarts = () => 0
  conflicts = () => this.standing
  async [Symbol.asyncDispose](): Promise<void> {
    await this.apply([])
  }
}

export class FakeMembers extends EventEmitter implements MembersEdge {
  #alive: ReadonlySet<string> = new Set()

  constructor(...names: string[]) {
    super()
    this.#alive = new Set(names)
  }

  alive = () => this.#alive

  hurries = 0

  hurry(): void {
    this.hurries += 1
  }

  become(...names: string[]): void {
    this.#alive = new Set(names)
    this.emit('change')
  }
}

export class FakeOwnership extends EventEmitter implements OwnershipEdge {
  #ruling: Ruling = 'hash'

  ruling = () => this.#ruling

  become(ruling: Ruling): void {
    this.#ruling = ruling
    this.emit('change')
  }
}

export interface StartOptions {
  /** What FRR runs already. */
  readonly text?: string
  readonly members?: FakeMembers
  readonly ownership?: FakeOwnership
  readonly observer?: FakeObserver
  readonly node?: string
}

export function startSpeaker(
  dir: string,
  { text, members, ownership, observer, node = 'n1' }: StartOptions = {},
) {
  const told: Told[] = []
  const all: Told[] = []
  const lines: Record<string, unknown>[] = []
  const log = openLog('info', { write: (line) => lines.push(JSON.parse(line)) })
  const source = openFolder({ dir, namespace: 'm', onError: assert.fail, watch: false })
  const frr = new FakeFrr(text)
  const l2 = new FakeLayer2()
  const options = { node, namespace: 'm', ignoreExcludeLb: false, logLevel: 'info' }
  const metrics = new Metrics({ speaker: true })
  const role = new SpeakerRole(options, {
    ...{ source, frr, observer, l2, log, metrics, members, ownership },
    record: (one) => {
      told.push(one)
      all.push(one)
    },
  })
  return {
    ...{ role, frr, l2, metrics, texts: frr.texts },
    /** Whom was told of, since the beginning. */
    involved: () => all.map((one) => one.involved),
    /** Told to users since it was asked last. */
    told: () =>
      told
        .splice(0)
        .map(({ involved, reason, message }) => `${reason} ${involved.name}: ${message}`),
    /** In the log, since the beginning. */
    events: () =>
      lines.flatMap(({ op, event, service: of, protocol, reason }) =>
        event === 'config reloaded' || op === 'session'
          ? []
          : [[event, of, protocol, reason].filter(Boolean).join(' ')],
      ),
    /** The same about sessions. */
    news: () =>
      lines.flatMap(({ op, event, name, peer, reason }) =>
        op === 'session' ? [[event, name, peer, reason].filter(Boolean).join(' ')] : [],
      ),
  }
}
