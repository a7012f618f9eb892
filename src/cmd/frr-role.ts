// Makes FRR run what the speaker planned. What FRR refuses is left as it was: the peer to blame keeps
// the version that FRR took last, or is left out, so that the others are served.
import type { Config, Peer } from '../config/config.ts'
import type { ApplyResult } from '../frr/apply.ts'
import { observeClasses } from '../frr/classes.ts'
import type { Tree } from '../frr/tree.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics/record.ts'
import { blame } from '../reconciler/blame.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import { classKey, numberClasses } from '../render/classes.ts'
import { renderFrrConf } from './templates.ts'

/** What we need of FRR; tests have one of their own. */
export interface FrrEdge {
  apply(text: string): Promise<ApplyResult>
  running(): Promise<Tree>
  on(event: 'change', listener: () => void): unknown
}

export type Refused = Extract<ApplyResult, { kind: 'refused' }>

export interface FrrEdges {
  readonly frr: FrrEdge
  readonly log: Log
  readonly metrics: Metrics
}

/** Plans with these peers in place of the configured ones, and without those. */
export type Replan = (config: Config, without: ReadonlySet<string>) => SpeakerPlan

export class FrrRole {
  readonly #edges: FrrEdges
  /** Unknown until FRR has told which classes it runs, and again whenever it may have changed. */
  #numbers: ReadonlyMap<string, number> | undefined
  /** Each peer as FRR took it last. */
  #accepted = new Map<string, Peer>()
  /** Each peer that FRR refused, as it was and with FRR's words: the same one is not tried again. */
  readonly #refusedPeers = new Map<string, { readonly peer: Peer; readonly result: Refused }>()
  /** A whole text that was refused with nobody to blame. */
  #refusal: { readonly text: string; readonly result: Refused } | undefined
  #fileError = ''

  constructor(edges: FrrEdges) {
    this.#edges = edges
    edges.frr.on('change', () => {
      // Another FRR may accept what this one did not.
      this.#numbers = undefined
      this.#refusal = undefined
      this.#refusedPeers.clear()
    })
  }

  /** What FRR refuses at present, with its words. */
  get refusals(): readonly Refused[] {
    const ofPeers = [...this.#refusedPeers.values()].map(({ result }) => result)
    return this.#refusal ? [...ofPeers, this.#refusal.result] : ofPeers
  }

  /** Returns the plan that was applied, which may be without some peers. */
  async apply(config: Config, replan: Replan): Promise<SpeakerPlan> {
    this.#forgetChanged(config)
    for (;;) {
      const { peers, without } = this.#standIns(config)
      const plan = replan({ ...config, peers }, without)
      const refused = await this.#send(plan)
      if (!refused) {
        this.#accept(peers, without)
        return plan
      }
      const name = blame(refused, plan.frr)
      const peer = peers.find((one) => one.name === name)
      // Nobody to blame: nothing can be left out, so FRR stays with what it runs.
      if (!peer) return plan
      this.#setAside(peer.name, config, refused)
    }
  }

  async #send(plan: SpeakerPlan): Promise<Refused | undefined> {
    this.#numbers ??= observeClasses(await this.#edges.frr.running(), classKey)
    const numbers = numberClasses(plan.frr, this.#numbers)
    const text = renderFrrConf(plan.frr, numbers)
    if (this.#refusal?.text === text) return this.#refusal.result
    const result = await this.#ask(text)
    if (result.kind === 'refused') {
      this.#tellRefusal(result)
      if (!result.restored) this.#numbers = undefined
      this.#refusal = { text, result }
      return result
    }
    this.#refusal = undefined
    this.#numbers = numbers
    this.#tellFile(result.fileError ?? '')
    if (result.kind === 'applied') this.#tellApplied(result)
    return undefined
  }

  async #ask(text: string): Promise<ApplyResult> {
    try {
      return await this.#edges.frr.apply(text)
    } catch (error) {
      // It may have taken a part, or have been restarted: what it runs has to be read again.
      this.#numbers = undefined
      throw error
    }
  }

  /** A refused peer as it was accepted last; without one, not at all. */
  #standIns(config: Config): { peers: Peer[]; without: Set<string> } {
    const without = new Set<string>()
    const peers = config.peers.map((peer) => {
      if (this.#refusedPeers.get(peer.name)?.peer !== peer) return peer
      const before = this.#accepted.get(peer.name)
      if (!before) without.add(peer.name)
      return before ?? peer
    })
    return { peers, without }
  }

  #setAside(name: string, config: Config, result: Refused): void {
    const peer = config.peers.find((one) => one.name === name)!
    const isAgain = this.#refusedPeers.get(name)?.peer === peer
    // What FRR took last is refused now, too: then the peer is left out.
    if (isAgain || this.#accepted.get(name) === peer) this.#accepted.delete(name)
    this.#refusedPeers.set(name, { peer, result })
    this.#refusal = undefined
  }

  #accept(peers: readonly Peer[], without: ReadonlySet<string>): void {
    const served = peers.filter(({ name }) => !without.has(name))
    this.#accepted = new Map(served.map((peer) => [peer.name, peer]))
  }

  /** A peer that was written anew is tried anew. */
  #forgetChanged({ peers }: Config): void {
    const now = new Map(peers.map((peer) => [peer.name, peer]))
    for (const [name, { peer }] of this.#refusedPeers) {
      if (now.get(name) !== peer) this.#refusedPeers.delete(name)
    }
  }

  #tellRefusal({ daemon, context, line, text, restored }: Refused): void {
    const where = [...context, line].join(' / ')
    this.#edges.log.error({ op: 'frr', daemon, line: where, restored }, `FRR refused: ${text}`)
  }

  #tellApplied({ commands, resets, ms }: Extract<ApplyResult, { kind: 'applied' }>): void {
    this.#edges.metrics.recordApply(ms / 1000)
    const sessions = resets.map((reset) => JSON.stringify(reset))
    this.#edges.log.info(
      { op: 'frr', event: 'config reloaded', commands, ms: Math.round(ms), resets: sessions },
      'FRR runs the new configuration',
    )
  }

  #tellFile(error: string): void {
    if (error !== '' && error !== this.#fileError) {
      this.#edges.log.warn({ op: 'frr', error }, 'FRR runs it, but its next start will not')
    }
    this.#fileError = error
  }
}
