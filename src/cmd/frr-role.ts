// Makes FRR run what the speaker planned. What FRR refuses is left as it was: the peer to blame, or the
// user's extra text, keeps the version that FRR took last or is left out, so that the rest is served.
import type { Config, Peer } from '../config/config.ts'
import { type Problem, problemAt } from '../config/problem.ts'
import type { ApplyResult } from '../frr/apply.ts'
import { observeClasses } from '../frr/classes.ts'
import { announcedPrefixes } from '../frr/networks.ts'
import type { Tree } from '../frr/tree.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics/record.ts'
import { blame } from '../reconciler/blame.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'
import { classKey, numberClasses } from '../render/classes.ts'
import type { FrrModel } from '../render/model.ts'
import { withoutSecrets } from '../render/shown-text.ts'
import type { Applied } from '../status/role-status.ts'
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
  /** The user's extra text as FRR took it last. */
  #acceptedExtras = ''
  /** The extra text that FRR refused; the same one is not tried again. */
  #refusedExtras: { readonly text: string; readonly result: Refused } | undefined
  /** A whole text that was refused with nobody to blame. */
  #refusal: { readonly text: string; readonly result: Refused } | undefined
  #fileError = ''
  #applied: Applied | undefined
  /** There is none, and that was told. */
  #isAbsent = false
  /** What FRR took last. When it does not run that any more, somebody else changed it, or it forgot. */
  #takenText: string | undefined
  /** What FRR announced before it heard anything of us. */
  #announcedBefore: ReadonlySet<string> | undefined

  constructor(edges: FrrEdges) {
    this.#edges = edges
    edges.frr.on('change', () => {
      // Another FRR may accept what this one did not.
      this.#numbers = undefined
      this.#refusal = undefined
      this.#refusedExtras = undefined
      this.#refusedPeers.clear()
    })
  }

  /** What FRR refuses at present, as problems of the objects it came from. */
  problems(namespace: string): Problem[] {
    const ofPeers = [...this.#refusedPeers].map(([name, { result }]) =>
      problemAt({ kind: 'BGPPeer', namespace, name }, 'spec', REFUSED, sentenceOf(result)),
    )
    const extras = { kind: 'ConfigMap', namespace, name: 'bgpextras' }
    const node = { kind: 'FRR', namespace: '', name: this.#refusal?.result.daemon ?? '' }
    return [
      ...ofPeers,
      ...list(this.#refusedExtras).map(({ result }) =>
        problemAt(extras, 'data.extras', REFUSED, sentenceOf(result)),
      ),
      ...list(this.#refusal).map(({ result }) => problemAt(node, '', REFUSED, sentenceOf(result))),
    ]
  }

  /** Returns the plan that was applied, which may be without some peers. */
  async apply(config: Config, replan: Replan): Promise<SpeakerPlan> {
    this.#forgetChanged(config)
    for (;;) {
      const { peers, without, extras } = this.#standIns(config)
      const plan = replan({ ...config, peers, extras }, without)
      const refused = await this.#send(plan)
      if (!refused) {
        this.#accept(peers, without, extras)
        return plan
      }
      if (!this.#setAside(config, peers, extras, refused, plan)) return plan
    }
  }

  async #send(plan: SpeakerPlan): Promise<Refused | undefined> {
    this.#numbers ??= await this.#observeFor(plan.frr)
    if (!this.#numbers) return undefined
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
    if (result.kind === 'applied') this.#tellApplied(result, text === this.#takenText)
    this.#takenText = text
    return undefined
  }

  /** Nothing where there is no FRR and none is needed; one that starts later is looked at then. */
  async #observeFor(wanted: FrrModel): Promise<ReadonlyMap<string, number> | undefined> {
    try {
      return await this.#observe()
    } catch (error) {
      if (wanted.routers.length > 0 || wanted.extras !== '') throw error
      this.#tellAbsence(error)
      return undefined
    }
  }

  async #observe(): Promise<ReadonlyMap<string, number>> {
    const running = await this.#edges.frr.running()
    this.#isAbsent = false
    this.#announcedBefore ??= announcedPrefixes(running)
    return observeClasses(running, classKey)
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

  /** What was refused, as it was accepted last; a peer without such a version not at all. */
  #standIns(config: Config): { peers: Peer[]; without: Set<string>; extras: string } {
    const without = new Set<string>()
    const peers = config.peers.map((peer) => {
      if (this.#refusedPeers.get(peer.name)?.peer !== peer) return peer
      const before = this.#accepted.get(peer.name)
      if (!before) without.add(peer.name)
      return before ?? peer
    })
    const isRefused = this.#refusedExtras?.text === config.extras
    return { peers, without, extras: isRefused ? this.#acceptedExtras : config.extras }
  }

  /** Says whether there was somebody to blame, so that another plan is worth a try. */
  #setAside(
    config: Config,
    peers: readonly Peer[],
    extras: string,
    result: Refused,
    plan: SpeakerPlan,
  ): boolean {
    const name = blame(result, plan.frr)
    const peer = peers.find((one) => one.name === name)
    const isNewText = extras !== this.#acceptedExtras
    if (isNewText && (!peer || standsIn(extras, result.line))) {
      this.#refusedExtras = { text: config.extras, result }
    } else if (peer) this.#setPeerAside(peer.name, config, result)
    // Nobody to blame: nothing can be left out, so FRR stays with what it runs.
    else return false
    this.#refusal = undefined
    return true
  }

  #setPeerAside(name: string, config: Config, result: Refused): void {
    const peer = config.peers.find((one) => one.name === name)!
    const isAgain = this.#refusedPeers.get(name)?.peer === peer
    // What FRR took last is refused now, too: then the peer is left out.
    if (isAgain || this.#accepted.get(name) === peer) this.#accepted.delete(name)
    this.#refusedPeers.set(name, { peer, result })
  }

  #accept(peers: readonly Peer[], without: ReadonlySet<string>, extras: string): void {
    const served = peers.filter(({ name }) => !without.has(name))
    this.#accepted = new Map(served.map((peer) => [peer.name, peer]))
    this.#acceptedExtras = extras
  }

  /** A peer that was written anew is tried anew. */
  #forgetChanged({ peers, extras }: Config): void {
    if (this.#refusedExtras?.text !== extras) this.#refusedExtras = undefined
    const now = new Map(peers.map((peer) => [peer.name, peer]))
    for (const [name, { peer }] of this.#refusedPeers) {
      if (now.get(name) !== peer) this.#refusedPeers.delete(name)
    }
  }

  #tellAbsence(error: unknown): void {
    if (this.#isAbsent) return
    this.#isAbsent = true
    const fields = { op: 'frr', event: 'frrAbsent', error }
    this.#edges.log.info(
      fields,
      'no FRR can be reached, and nothing is wanted of it: going on without',
    )
  }

  #tellRefusal(result: Refused): void {
    const { daemon, restored } = result
    this.#edges.log.error({ op: 'frr', daemon, restored }, sentenceOf(result))
  }

  #tellApplied(
    { commands, resets, ms }: Extract<ApplyResult, { kind: 'applied' }>,
    isDrift: boolean,
  ): void {
    this.#applied = { commands, resets: resets.length, ms, isDrift }
    this.#edges.metrics.recordApply({
      seconds: ms / 1000,
      commands,
      resets: resets.length,
      isDrift,
    })
    if (isDrift) {
      this.#edges.log.warn({ op: 'frr', commands }, 'FRR did not run what it ran before; mended')
    }
    const sessions = resets.map((reset) => JSON.stringify(reset))
    this.#edges.log.info(
      { op: 'frr', event: 'config reloaded', commands, ms: Math.round(ms), resets: sessions },
      'FRR runs the new configuration',
    )
  }

  /** The last time that FRR took something; the very same until the next. */
  get applied(): Applied | undefined {
    return this.#applied
  }

  /** Prefixes that FRR announced when it was first looked at; of an earlier run of ours. */
  get announcedBefore(): ReadonlySet<string> {
    return this.#announcedBefore ?? new Set()
  }

  /** False when FRR refused all of it with nobody to blame, and when there is none that could take it. */
  get isTaken(): boolean {
    return this.#refusal === undefined && !this.#isAbsent
  }

  /** Why the file for FRR's next start could not be written; empty when it was. */
  get fileError(): string {
    return this.#fileError
  }

  #tellFile(error: string): void {
    if (error !== '' && error !== this.#fileError) {
      this.#edges.log.warn({ op: 'frr', error }, 'FRR runs it, but its next start will not')
    }
    this.#fileError = error
  }
}

const REFUSED = 'refused-by-frr'

const sentenceOf = ({ context, line, text }: Refused): string =>
  `FRR refused "${[...context, line].join(' / ')}": ${text}`

const list = <T>(one: T | undefined): T[] => (one === undefined ? [] : [one])

/** FRR's line is in canonical form; a user's may have other blanks. */
function standsIn(extras: string, line: string): boolean {
  const bare = (text: string) => text.trim().replace(/\s+/g, ' ')
  const shown = withoutSecrets(extras)
  return shown.split('\n').some((one) => bare(one) === bare(line))
}
