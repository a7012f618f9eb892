// Makes FRR run a configuration: read what runs, send the difference, read back, undo what FRR
// refuses. The file for FRR's next start follows only what FRR accepted.
import { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import type { Place } from '../reconciler/sessions.ts'
import type { Placed } from './change.ts'
import { type ConfPerms, writeConf } from './conf-file.ts'
import { connectGroups } from './connect.ts'
import { DaemonWatch } from './daemons.ts'
import { countCommands, type Difference, diffTrees } from './diff.ts'
import { DAEMONS, type Daemon } from './grammar.ts'
import { Links, type Snapshot } from './links.ts'
import { LogLevels } from './log-level.ts'
import type { Reset } from './resets.ts'
import { withoutPassword } from './router-diff.ts'
import {
  describeFailure,
  type Failure,
  type Sent,
  sendAnyway,
  sendGroups,
  type Vtys,
  wordsOf,
} from './send.ts'
import { asWanted, isEmpty, minus, type Seen, seenAs, stillSeen, union } from './shown.ts'
import { equalTrees, mergeOwned, ownedBy, parseTree, renderTree, type Tree } from './tree.ts'
import { unsendable } from './unsendable.ts'

export interface FrrOptions {
  readonly runDir: string
  readonly configDir: string
  readonly confPerms?: ConfPerms
  readonly log: Pick<Logger, 'debug' | 'info' | 'warn'>
  /** How long a burst may last until what it left is read back. */
  readonly verifyAfterMs?: number
}

export type ApplyResult =
  | { readonly kind: 'unchanged'; readonly fileError?: string }
  | {
      readonly kind: 'applied'
      readonly commands: number
      readonly resets: readonly Reset[]
      readonly ms: number
      readonly fileError?: string
    }
  | {
      readonly kind: 'refused'
      readonly daemon: Daemon
      readonly context: readonly string[]
      /** Without the password, if it had one. */
      readonly line: string
      /** FRR's own words. */
      readonly text: string
      /** FRR runs again what it ran before. */
      readonly restored: boolean
    }

/** Up to here, some 300 routes, reading costs a millisecond, so it is done before and after each change. */
const SMALL_BYTES = 16 * 1024
/** Above, what we believe is the base; it is read back soon after, and once in a while anyhow. */
const LOOK_EVERY_MS = 10_000
const VERIFY_AFTER_MS = 500

export async function openFrr(options: FrrOptions): Promise<Frr> {
  return new Frr(options, await DaemonWatch.open({ runDir: options.runDir, daemons: DAEMONS }))
}

export class Frr extends EventEmitter<{ change: [] }> implements AsyncDisposable {
  readonly #options: FrrOptions
  readonly #watch: DaemonWatch
  readonly #links: Links
  readonly #logLevels: LogLevels
  /** One at a time; what comes meanwhile waits. */
  #turn: Promise<unknown> = Promise.resolve()
  #seen: Seen | undefined
  /** What FRR runs, in the words of what was wanted: as a tree, and the text that asked for it. */
  #believed: Believed | undefined
  #bytes = 0
  #readAt = 0
  #verifyTimer: NodeJS.Timeout | undefined

  constructor(options: FrrOptions, watch: DaemonWatch) {
    super()
    this.#options = options
    this.#watch = watch
    this.#logLevels = new LogLevels(options)
    const onLost = (): void => {
      this.#logLevels.forget()
      this.#seen = undefined
      this.#changed()
    }
    this.#links = new Links(options.runDir, onLost)
    watch.on('change', onLost)
  }

  /** Idempotent. Throws when a daemon this configuration needs cannot be reached. */
  apply(text: string): Promise<ApplyResult> {
    this.#logLevels.follow(text)
    return this.#inTurn(() => this.#apply(text))
  }

  /** What bgpd and bfdd run now. A daemon that is not there runs nothing. */
  running(): Promise<Tree> {
    return this.#inTurn(async () => {
      const { vtys, missing, tree } = await this.#read()
      if (vtys.size === 0) throw missing.get('bgpd')
      return tree
    })
  }

  /** Makes bgpd start this session now, whatever it waits for. False: it has no such neighbour. */
  startSession(place: Place): Promise<boolean> {
    return this.#inTurn(async () => {
      const { base, vtys } = (await this.#trusted()) ?? (await this.#readBase())
      const groups = connectGroups(base, place)
      const { failure } = await sendGroups(vtys, groups)
      if (failure) throw new Error(`FRR refused it: ${describeFailure(failure)}`)
      return groups.length > 0
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#verifyTimer)
    this.#watch[Symbol.dispose]()
    await this.#turn.catch(() => {})
    await this.#logLevels[Symbol.asyncDispose]()
    await this.#links[Symbol.asyncDispose]()
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(task, task)
    // Whoever asked hears of a failure; who comes next has nothing to do with it.
    this.#turn = result.catch(() => {})
    return result
  }

  #changed(): void {
    this.#believed = undefined
    this.emit('change')
  }

  async #apply(text: string): Promise<ApplyResult> {
    const started = performance.now()
    const trusted = await this.#trusted()
    if (trusted?.believed.text === text) {
      if (started - this.#readAt > LOOK_EVERY_MS) this.#verifyLater()
      return { kind: 'unchanged', ...(await this.#persist(text)) }
    }
    const wanted = parseTree(text)
    // Nothing is sent when one line cannot be.
    const bad = unsendable(wanted)
    if (bad) return { kind: 'refused', ...bad, restored: true }
    const { base, vtys, missing } = trusted ?? (await this.#readBase())
    const reachable = DAEMONS.filter((one) => vtys.has(one))
    const target = mergeOwned(reachable.map((daemon) => ownedBy(daemon, wanted)))
    const difference = diffTrees(base, target)
    const commands = countCommands(difference)
    if (commands > 0) {
      const refused = await this.#change(vtys, { base, target, text, difference })
      // It may be right to refuse a change from something that somebody else has changed since.
      if (refused) return trusted ? await this.#apply(text) : refused
    }
    // One daemon that is away must not keep the others from their part; but it is not done.
    const lacking = DAEMONS.find((one) => missing.has(one) && !isEmpty(ownedBy(one, wanted)))
    if (lacking) throw missing.get(lacking)
    if (commands === 0 && missing.size === 0) this.#believed = { tree: target, text }
    const file = await this.#persist(text)
    if (commands === 0) return { kind: 'unchanged', ...file }
    const ms = performance.now() - started
    return { kind: 'applied', commands, resets: difference.resets, ms, ...file }
  }

  /** Reading a large configuration stops bgpd, and us, for milliseconds; what we know will do. */
  async #trusted(): Promise<(Base & { believed: Believed }) | undefined> {
    const believed = this.#believed
    if (!believed || !this.#isDear()) return undefined
    const vtys = await this.#links.standing()
    return vtys && { believed, base: believed.tree, vtys, missing: new Map() }
  }

  async #readBase(): Promise<Base> {
    const snapshot = await this.#read()
    this.#seen = stillSeen(this.#seen, snapshot.tree)
    return { ...snapshot, base: asWanted(snapshot.tree, this.#seen) }
  }

  #isDear(): boolean {
    return this.#bytes > SMALL_BYTES
  }

  async #change(vtys: Vtys, change: Change): Promise<ApplyResult | undefined> {
    const { base, target, text, difference } = change
    this.#believed = undefined
    const sent = await sendGroups(vtys, difference.groups)
    for (const remark of sent.remarks) this.#options.log.debug({ remark }, 'FRR remarks')
    if (sent.failure) return await this.#restore(vtys, base, sent, sent.failure)
    await this.#refresh(vtys, difference.refresh)
    if (this.#isDear()) this.#verifyLater()
    else await this.#verify(vtys, base, target)
    this.#believed = { tree: target, text }
    return undefined
  }

  async #refresh(vtys: Vtys, commands: readonly string[]): Promise<void> {
    for (const command of commands) {
      const { status, text } = await vtys.get('bgpd')!.request(command)
      if (status !== 0)
        this.#options.log.warn({ command, status, text }, 'FRR did not refresh a peer')
    }
  }

  /** Reads back; what is missing is sent once more, then taken for FRR's way of showing it. */
  async #verify(vtys: Vtys, base: Tree, target: Tree): Promise<void> {
    let running = await this.#readReachable(vtys)
    if (!equalTrees(asWanted(running, this.#seen), target)) {
      // Lines that came with ours are their shape in FRR: taking them away would take ours away.
      const ours = minus(running, base)
      const repair = diffTrees(running, union(target, ours))
      const sent = await sendGroups(vtys, repair.groups)
      if (sent.failure) throw new Error(`FRR refused a repair: ${describeFailure(sent.failure)}`)
      if (repair.groups.length > 0) running = await this.#readReachable(vtys)
      this.#seen = seenAs(target, running)
      if (this.#seen) {
        const [hidden, extra] = [minus(target, running), minus(running, target)].map(readable)
        this.#options.log.warn({ hidden, extra }, 'FRR shows some lines otherwise than accepted')
      }
    }
  }

  async #restore(vtys: Vtys, base: Tree, sent: Sent, failure: Failure): Promise<ApplyResult> {
    await sendAnyway(
      vtys,
      [...sent.done].reverse().flatMap((step): readonly Placed[] => step.undo),
    )
    let running = asWanted(await this.#readReachable(vtys), this.#seen)
    if (!equalTrees(running, base)) {
      await sendGroups(vtys, diffTrees(running, base).groups)
      running = asWanted(await this.#readReachable(vtys), this.#seen)
    }
    const { daemon, step } = failure
    return {
      kind: 'refused',
      daemon,
      context: step.line === '' ? step.path.slice(0, -1) : step.path,
      line: withoutPassword(step.line || step.path.at(-1)!),
      text: wordsOf(failure),
      restored: equalTrees(running, base),
    }
  }

  #verifyLater(): void {
    if (this.#verifyTimer) return
    const check = async (): Promise<void> => {
      const believed = this.#believed
      if (!believed) return
      const { tree } = await this.#read()
      if (equalTrees(asWanted(tree, this.#seen), believed.tree)) return
      this.#options.log.warn({}, 'FRR does not run what it was told; the next pass repairs it')
      this.#changed()
    }
    this.#verifyTimer = setTimeout(() => {
      this.#verifyTimer = undefined
      this.#inTurn(check).catch((error: unknown) => {
        this.#options.log.warn({ error }, 'cannot read back what FRR runs')
        this.#changed()
      })
    }, this.#options.verifyAfterMs ?? VERIFY_AFTER_MS)
    this.#verifyTimer.unref()
  }

  async #persist(text: string): Promise<{ fileError?: string }> {
    try {
      await writeConf(this.#options.configDir, text, this.#options.confPerms)
      return {}
    } catch (error) {
      return { fileError: (error as Error).message }
    }
  }

  async #read(): Promise<Snapshot> {
    const snapshot = await this.#links.read()
    this.#bytes = snapshot.bytes
    this.#readAt = performance.now()
    return snapshot
  }

  /** A daemon that went away in the middle of a change is an error. */
  async #readReachable(vtys: Vtys): Promise<Tree> {
    const { tree, missing } = await this.#read()
    for (const daemon of vtys.keys()) if (missing.has(daemon)) throw missing.get(daemon)
    return tree
  }
}

interface Believed {
  readonly tree: Tree
  readonly text: string
}

interface Base extends Pick<Snapshot, 'vtys' | 'missing'> {
  readonly base: Tree
}

interface Change {
  readonly base: Tree
  readonly target: Tree
  /** What `target` was made of. */
  readonly text: string
  readonly difference: Difference
}

const readable = (tree: Tree): string[] => renderTree(tree).split('\n').map(withoutPassword)
