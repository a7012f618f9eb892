// One look at a node: FRR's daemons over their sockets, frr.conf, and the speaker on loopback, all at
// once. None of them waits for another, and one that hangs costs seconds, not the answer.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe } from '../describe.ts'
import { sessionsOfConf } from '../frr/conf-sessions.ts'
import { driftOf } from '../frr/drift.ts'
import { DAEMONS, type Daemon } from '../frr/grammar.ts'
import { Link } from '../frr/link.ts'
import { readBfdSessions, readCounters, readSessions } from '../frr/sessions.ts'
import type { Tree } from '../frr/tree.ts'
import { placeKey, type Session } from '../reconciler/sessions.ts'
import { askLoopback, FOLDER_PORT } from './loopback.ts'
import type { Look } from './node-status.ts'
import { readServedPlan } from './served-plan.ts'

export interface LookOptions {
  readonly frrRunDir: string
  readonly frrConfigDir: string
  /** Where the speaker answers on loopback. */
  readonly healthProbePort: number
}

/** bgpd may owe an answer so long while it takes a full load of routes. */
const SILENCE_MS = 3_000
/** Ten thousand Services with their reasons are some megabytes. */
const PLAN = { path: '/plan.json', elsePort: FOLDER_PORT, bytesMax: 32 * 1024 * 1024 }
/** What a large configuration costs bgpd to print is not asked for at every look. */
const DEAR_BYTES = 256 * 1024
const DEAR_EVERY_MS = 10_000

const SESSIONS = { bgpd: 'show bgp vrf all summary json', bfdd: 'show bfd peers json' } as const

const RESETS = 'show bgp vrf all neighbors json'

export class NodeLook implements AsyncDisposable {
  readonly #options: LookOptions
  readonly #links: ReadonlyMap<Daemon, Link>
  readonly #running = new Map<Daemon, { tree: Tree; bytes: number; at: number }>()

  constructor(options: LookOptions) {
    this.#options = options
    const { frrRunDir: runDir } = options
    const onLost = (): void => this.#running.clear()
    this.#links = new Map(
      DAEMONS.map((daemon) => [
        daemon,
        new Link({ runDir, daemon, onLost, silenceMs: SILENCE_MS }),
      ]),
    )
  }

  async look(): Promise<Look> {
    const at = Date.now()
    const silent = new Map<Daemon, string>()
    const [sessions, bfd, speaker, conf] = await Promise.all([
      this.#ask('bgpd', readSessions, silent),
      this.#ask('bfdd', readBfdSessions, silent),
      this.#speaker(),
      this.#readConf(),
    ])
    const resets = await this.#resets(sessions, silent)
    const running = new Map(
      [...this.#running]
        .filter(([daemon]) => !silent.has(daemon))
        .map(([d, { tree }]) => [d, tree]),
    )
    return {
      ...{ at, sessions, bfd, resets, silent, speaker },
      conf:
        'text' in conf
          ? { sessions: sessionsOfConf(conf.text), drift: driftOf(conf.text, running) }
          : conf,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of this.#links.values()) await link[Symbol.asyncDispose]()
  }

  async #ask<T>(
    daemon: keyof typeof SESSIONS,
    read: (text: string) => T[],
    silent: Map<Daemon, string>,
  ): Promise<readonly T[]> {
    const link = this.#links.get(daemon)!
    try {
      const sessions = read(await link.show(SESSIONS[daemon]))
      await this.#readRunning(daemon, link)
      return sessions
    } catch (error) {
      silent.set(daemon, describe(error))
      return []
    }
  }

  /** Asked for only where a session is down: with many neighbours it is much to print. */
  async #resets(
    sessions: readonly Session[],
    silent: Map<Daemon, string>,
  ): Promise<ReadonlyMap<string, string>> {
    if (sessions.every(({ isUp }) => isUp)) return new Map()
    try {
      const counters = readCounters(await this.#links.get('bgpd')!.show(RESETS))
      return new Map(counters.map((one) => [placeKey(one), one.lastReset]))
    } catch (error) {
      silent.set('bgpd', describe(error))
      return new Map()
    }
  }

  async #readRunning(daemon: Daemon, link: Link): Promise<void> {
    const at = performance.now()
    const known = this.#running.get(daemon)
    if (known && known.bytes > DEAR_BYTES && at - known.at < DEAR_EVERY_MS) return
    this.#running.set(daemon, { ...(await link.running()), at })
  }

  async #speaker(): Promise<Look['speaker']> {
    const { healthProbePort: port } = this.#options
    try {
      const text = await askLoopback({ ...PLAN, port })
      return { plan: readServedPlan(text) }
    } catch (error) {
      return { silent: describe(error) }
    }
  }

  async #readConf(): Promise<{ readonly text: string } | { readonly unread: string }> {
    const path = join(this.#options.frrConfigDir, 'frr.conf')
    try {
      return { text: await readFile(path, 'utf8') }
    } catch (error) {
      return { unread: `${path} cannot be read: ${describe(error)}` }
    }
  }
}
