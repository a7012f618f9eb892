// What every long-running role needs around its pass: the snapshot, the loop, metrics and the server.
// Several roles of one process share them and run one after the other, each on the latest world.
import { setTimeout as delay } from 'node:timers/promises'
import { type Problem, printProblem } from '../config/problem.ts'
import { describe } from '../describe.ts'
import { Snapshot } from '../kube/snapshot.ts'
import type { Source } from '../kube/source.ts'
import type { Level, RootLog } from '../log.ts'
import type { Metrics } from '../metrics/record.ts'
import { Loop } from '../reconciler/loop.ts'
import { printPlan } from '../reconciler/print.ts'
import type { World } from '../reconciler/world.ts'
import { StatusFeed } from '../status/feed.ts'
import { pageRoutes } from '../status/page-files.ts'
import type { ProcessStatus, RoleStatus } from '../status/role-status.ts'
import type { AnswerRoute, Routes } from '../status/routes.ts'
import { FailureLog } from './failure-log.ts'
import { type ClusterListening, openListeners } from './listening.ts'
import { aborted, type SharedFlags } from './open-source.ts'
import { collectAll, QuietMemory } from './quiet-memory.ts'
import { type RolePages, roleRoutes } from './role-routes.ts'
import { together } from './together.ts'

export interface Role {
  readonly name: string
  /** Makes the world match; throws when something is left to do. */
  pass(world: World): Promise<void>
  /** The last plan, for `/plan.json`. */
  plan(): unknown
  /** How it is at this moment, for the status page. */
  status?(): RoleStatus | undefined
  /** What is wrong besides the objects themselves: FRR refuses something of them. */
  problems?(): readonly Problem[]
  /** Calls back when it wants a pass of its own accord. */
  onChange?(dirty: () => void): void
  /** Ends what runs beside the passes; with `--once`, waits for it. */
  finish?(): Promise<void>
}

export interface Running {
  readonly source: Source
  readonly flags: SharedFlags
  readonly log: RootLog
  readonly metrics: Metrics
  readonly roles: readonly Role[]
  readonly signal: AbortSignal
  /** At the end, for what is still to be written. */
  readonly finishMs?: number
  /** What answers others beside the passes; ready when `unready` says nothing. */
  readonly serve?: ((standing: () => ReturnType<Snapshot['standing']>) => Serving) | undefined
  /** How what runs beside this process is, for `/livez`. */
  readonly livez?: AnswerRoute
  readonly cluster?: ClusterListening | undefined
}

const FINISH_MS = 5_000

export interface Serving extends AsyncDisposable {
  unready(): string | undefined
}

/** Returns the exit code. */
export async function runRoles(running: Running): Promise<number> {
  const passes = new Passes(running)
  const { flags, roles, signal, log, source } = running
  if (flags.once) {
    await Promise.race([source.ready, aborted(signal)])
    if (!signal.aborted) return await passes.once()
    log.warn({ op: 'shutdown' }, 'ended before the pass could be made')
    return 1
  }
  await using serving = running.serve?.(() => passes.standing())
  using feed = new StatusFeed({ look: () => passes.status(serving) })
  const routes = passes.routes(serving, [...pageRoutes(), ...feed.routes()])
  await using _listeners = await openListeners({ flags, routes, log, cluster: running.cluster })
  const failures = new FailureLog(log)
  using memory = new QuietMemory({ collect: collectAll() })
  const loop = new Loop({
    signal,
    pass: async () => {
      memory.busy()
      await passes.run().finally(() => feed.look())
      failures.success()
    },
    onFailure: (failure) => failures.failure(failure),
  })
  source.onChange(loop.markDirty)
  for (const role of roles) role.onChange?.(loop.markDirty)
  log.info({ op: 'startup', roles: roles.map(({ name }) => name).join() }, 'running')
  // A plan on half of the objects would take from the other half what it has.
  await Promise.race([source.ready, aborted(signal)])
  await loop.run()
  await finishInTime(running)
  log.info({ op: 'shutdown' }, 'ended; FRR goes on with what it has')
  return 0
}

/** One that fails must not leave another one running. */
const finishAll = (roles: readonly Role[]): Promise<void> =>
  together(roles.map(async (role) => await role.finish?.()))

/** With the API server away, statuses would hold up our end, and with it our leaving of the gossip. */
async function finishInTime({ roles, log, finishMs = FINISH_MS }: Running): Promise<void> {
  const failed = (error: unknown) =>
    log.warn({ op: 'shutdown', error }, 'not all could be told that should have been')
  const late = delay(finishMs, new Error(`not within ${finishMs / 1000} s`), { ref: false })
  const finished = finishAll(roles).catch(failed)
  const error = await Promise.race([finished, late])
  if (error) failed(error)
}

class Passes {
  readonly #running: Running
  readonly #snapshot: Snapshot
  #isReady = false
  #failure: string | undefined
  #logLevel: Level
  #toldProblems: ReadonlySet<string> = new Set()

  constructor(running: Running) {
    this.#running = running
    this.#logLevel = running.flags.logLevel
    this.#snapshot = new Snapshot(running.flags)
  }

  async run(): Promise<void> {
    const { roles, metrics } = this.#running
    const started = performance.now()
    const errors: unknown[] = []
    let problems = this.#look().problems
    for (const role of roles) {
      // What the role before wrote is in the world of this one.
      const world = this.#look()
      problems = world.problems
      await role.pass(world).catch((error: unknown) => errors.push(error))
    }
    metrics.recordPass((performance.now() - started) / 1000, problems)
    this.#tellProblems(problems)
    this.#failure = undefined
    if (errors.length === 0) {
      this.#isReady = true
      return
    }
    metrics.recordFailure()
    const error = errors.length === 1 ? errors[0] : new AggregateError(errors)
    this.#failure = describe(error)
    throw error
  }

  /** Once when one appears, once when it is over; what FRR refuses is told where it is refused. */
  #tellProblems(problems: readonly Problem[]): void {
    const { log } = this.#running
    const now = new Set(problems.map(printProblem))
    for (const one of now.difference(this.#toldProblems)) {
      log.warn({ op: 'config', event: 'problem' }, one)
    }
    for (const one of this.#toldProblems.difference(now)) {
      log.info({ op: 'config', event: 'problemSolved' }, one)
    }
    this.#toldProblems = now
  }

  async once(): Promise<number> {
    const { roles, log } = this.#running
    try {
      await this.run()
      await finishAll(roles)
      return roles.some((role) => (role.problems?.() ?? []).length > 0) ? 1 : 0
    } catch (error) {
      log.error({ op: 'pass', error }, 'not everything could be done')
      return 1
    }
  }

  /** As of the last look; an admission must not wait for a pass. */
  standing() {
    return this.#snapshot.standing()
  }

  #unready(serving?: Serving): string | undefined {
    return this.#isReady ? serving?.unready() : 'no pass has succeeded yet'
  }

  status(serving?: Serving): ProcessStatus {
    const { roles, source } = this.#running
    const statuses = roles.flatMap((role) => role.status?.() ?? [])
    return {
      speaker: statuses.find((one) => one.kind === 'speaker'),
      controller: statuses.find((one) => one.kind === 'controller'),
      unready: this.#unready(serving),
      ...{ failure: this.#failure, away: source.away?.() },
    }
  }

  routes(serving: Serving | undefined, status: RolePages['status'] = []): Routes {
    const { metrics, roles, livez } = this.#running
    return roleRoutes({
      ...{ metrics, livez, status },
      unready: () => this.#unready(serving),
      plan: () => {
        const plans = roles.map((role) => [role.name, role.plan()])
        return this.#isReady ? printPlan(Object.fromEntries(plans)) : undefined
      },
    })
  }

  #look(): World {
    const { source, metrics } = this.#running
    const changes = source.takeChanges()
    metrics.recordChanges(changes.length)
    this.#snapshot.update(changes, source.problems())
    const world = this.#snapshot.world(Date.now())
    this.#followLogLevel(world)
    return world
  }

  #followLogLevel({ installedLogLevel }: World): void {
    const { log, flags } = this.#running
    const level = installedLogLevel ?? flags.logLevel
    if (level === this.#logLevel) return
    log.info({ op: 'config', logLevel: level }, 'logging at another level from here on')
    log.setLevel(level)
    this.#logLevel = level
  }
}
