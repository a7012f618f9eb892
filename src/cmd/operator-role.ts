// One pass of the operator: the MetalLB object as it stands → what of its installation is to be written,
// and then how the installation is. Everything it decides is in src/operator.
import type { Condition } from '../api/condition.ts'
import type { MetalLb, RawObject } from '../api/kinds.ts'
import { METALLB_NAME } from '../api/metallb.ts'
import { parseObject } from '../config/parse.ts'
import { printProblem } from '../config/problem.ts'
import { describe } from '../describe.ts'
import { ApiError, isStatus } from '../kube/api-error.ts'
import { writeConditions } from '../kube/apply.ts'
import type { Told } from '../kube/event-book.ts'
import type { RawCopies } from '../kube/raw-copies.ts'
import { pathOf, RESOURCES } from '../kube/resources.ts'
import { removeObject, type Writing } from '../kube/write.ts'
import type { Log } from '../log.ts'
import { conditionsOf, judge, transitionOf, type Verdict } from '../operator/conditions.ts'
import { type Given, isOperated, notesOf, refusalOf, settingsOf } from '../operator/installation.ts'
import { buildObjects, type KubeObject } from '../operator/objects.ts'
import { type Owners, stamp } from '../operator/plan.ts'
import { rolloutOf, type Workload } from '../operator/rollout.ts'
import type { OwnerReference, StandingObject } from '../operator/standing.ts'
import { OPERATED_KINDS } from './operator-kinds.ts'
import { Installer } from './operator-steps.ts'

export interface OperatorRoleOptions {
  readonly copies: Pick<RawCopies, 'all' | 'wrote'>
  readonly writing: Writing
  readonly given: Given
  /** What manifests/ hold. */
  readonly base: readonly KubeObject[]
  readonly log: Log
  readonly record: (told: Told) => void
  /** Asks for another pass after this time. */
  readonly later: (ms: number) => void
}

const WORKLOADS: readonly Workload[] = [
  { kind: 'Deployment', name: 'controller' },
  { kind: 'DaemonSet', name: 'speaker' },
]
const LEASES = { apiVersion: 'coordination.k8s.io/v1', plural: 'leases' }
/** A failure that is no refusal may pass by itself; told when it has not after so many passes. */
const PATIENCE = 3

type Installation = StandingObject & { readonly status?: { readonly conditions?: Condition[] } }

export class OperatorRole {
  readonly #options: OperatorRoleOptions
  readonly #installer: Installer
  #namespace: OwnerReference | undefined
  #failures = 0
  #isInstalled = false

  constructor(options: OperatorRoleOptions) {
    this.#options = options
    this.#installer = new Installer(options)
  }

  async pass(): Promise<void> {
    const { copies, writing } = this.#options
    if (writing.fence.leftMs() <= 0) return
    const found = copies.all('MetalLB') as Installation[]
    const errors: unknown[] = []
    for (const other of found.filter(({ metadata }) => metadata.name !== METALLB_NAME)) {
      await this.#tell(other, wrongName(other)).catch((error: unknown) => errors.push(error))
    }
    // One that is going is gone: to mend what Kubernetes removes with it would be to fight.
    const installation = found.find(
      ({ metadata }) => metadata.name === METALLB_NAME && !metadata.deletionTimestamp,
    )
    await this.#operate(installation).catch((error: unknown) => errors.push(error))
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors)
  }

  async #operate(installation: Installation | undefined): Promise<void> {
    if (!installation) {
      await this.#installer.make([], this.#standing(), undefined)
      await this.#forgetLeader()
      return
    }
    this.#isInstalled = true
    const { namespace } = this.#options.given
    const parsed = parseObject(installation as RawObject, namespace)
    if ('problems' in parsed) {
      const message = parsed.problems.map(printProblem).join('; ')
      await this.#tell(installation, { kind: 'failed', reason: 'InvalidSpec', message })
      return
    }
    const { spec } = parsed.object as MetalLb
    const refusal = refusalOf(spec)
    if (refusal !== undefined) {
      const reason = 'BGPBackendNotServed'
      await this.#tell(installation, { kind: 'failed', reason, message: refusal })
      return
    }
    await this.#install(installation, spec)
  }

  async #install(installation: Installation, spec: MetalLb['spec']): Promise<void> {
    const { given, base } = this.#options
    const owners = await this.#owners(installation)
    const wanted = buildObjects(base, settingsOf(spec, given))
      .filter(isOperated)
      .map((object) => stamp(object, owners))
    try {
      await this.#installer.make(wanted, this.#standing(), installation)
      this.#failures = 0
    } catch (error) {
      this.#failures++
      if (isRefused(error) || this.#failures >= PATIENCE) {
        const message = describe(error)
        await this.#tell(installation, { kind: 'failed', reason: 'NotApplied', message })
      }
      throw error
    }
    await this.#tell(installation, judge(this.#rollouts(), notesOf(spec)))
  }

  /** The controllers' Lease has no owner. Who is told to end may take it up once more, so they go first. */
  async #forgetLeader(): Promise<void> {
    if (!this.#isInstalled || this.#podsOf('controller').length > 0) return
    const { given, writing } = this.#options
    const place = { namespace: given.namespace, name: 'controller' }
    await removeObject(writing, pathOf(LEASES, place), undefined)
    this.#isInstalled = false
  }

  #podsOf(component: string): StandingObject[] {
    const pods = this.#options.copies.all('Pod') as StandingObject[]
    return pods.filter(({ metadata }) => metadata.labels?.component === component)
  }

  #standing(): StandingObject[] {
    const { copies } = this.#options
    return OPERATED_KINDS.flatMap((kind) => copies.all(kind) as StandingObject[])
  }

  #rollouts() {
    const standing = this.#standing()
    return WORKLOADS.map((workload) => {
      const { kind, name } = workload
      const object = standing.find((one) => one.kind === kind && one.metadata.name === name)
      return rolloutOf(workload, object, this.#podsOf(name))
    })
  }

  async #owners({ metadata: { name, uid = '' } }: Installation): Promise<Owners> {
    const { apiVersion, kind } = RESOURCES.MetalLB
    this.#namespace ??= await this.#ownNamespace()
    return {
      metallb: { apiVersion, kind, name, uid, controller: true },
      namespace: this.#namespace,
    }
  }

  /** It is where we run: while we do, there is no other one of this name. */
  async #ownNamespace(): Promise<OwnerReference> {
    const { given, writing } = this.#options
    const path = pathOf({ apiVersion: 'v1', plural: 'namespaces' }, { name: given.namespace })
    const { metadata } = await writing.client.request<{ metadata: { uid: string } }>({ path })
    return { apiVersion: 'v1', kind: 'Namespace', name: given.namespace, uid: metadata.uid }
  }

  /** Writes only what is different, and tells of it only what is another state. */
  async #tell(installation: Installation, verdict: Verdict): Promise<void> {
    const { copies, writing } = this.#options
    const before = installation.status?.conditions ?? []
    const after = conditionsOf(verdict, before, {
      now: `${new Date().toISOString().slice(0, 19)}Z`,
      generation: installation.metadata.generation ?? 0,
    })
    if (JSON.stringify(after) === JSON.stringify(before.map(inOurOrder))) return
    const written = { resource: RESOURCES.MetalLB, object: installation, conditions: after }
    try {
      copies.wrote(await writeConditions(writing, written))
    } catch (error) {
      // Deleted or changed meanwhile: the watch tells, and the next pass decides on that.
      if (isStatus(error, 404, 409)) return
      throw error
    }
    this.#announce(installation, transitionOf(before, after))
  }

  #announce(installation: Installation, condition: Condition | undefined): void {
    if (!condition) return
    const { type, reason, message } = condition
    const line = { op: 'status', object: installation.metadata.name, condition: type, reason }
    const { log } = this.#options
    if (type === 'Degraded') log.error(line, message)
    else log.info(line, message)
    this.#installer.record(installation, {
      type: type === 'Degraded' ? 'Warning' : 'Normal',
      reason: type,
      message,
    })
  }
}

/** Keys as `conditionsOf` writes them, for a comparison as text. */
const inOurOrder = (one: Condition): Condition => {
  const { type, status, reason, message, lastTransitionTime, observedGeneration, ...rest } = one
  const known = { type, status, reason, message, lastTransitionTime, observedGeneration }
  return { ...known, ...rest }
}

const wrongName = ({ metadata: { name, namespace } }: Installation): Verdict => ({
  kind: 'failed',
  reason: 'IncorrectMetalLBResourceName',
  message: `MetalLB "${name}" has no effect: the operator acts on the one named "${METALLB_NAME}" in namespace ${namespace} only. Delete this one`,
})

/** The same request will be refused again. */
function isRefused(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof ApiError) return at.status >= 400 && at.status < 500 && at.status !== 429
  }
  return false
}
