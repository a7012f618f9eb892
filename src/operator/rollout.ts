// Whether a workload runs as it was asked for, by its own numbers, and what keeps it from doing so, by
// its conditions and its Pods. Pure.
import type { StandingObject } from './standing.ts'

export interface Rollout {
  readonly isReady: boolean
  /** `DaemonSet speaker: 2 of 3 ready` */
  readonly sentence: string
  /** What will not pass by waiting. */
  readonly troubles: readonly string[]
}

interface Numbers {
  readonly wanted: number
  readonly updated: number
  readonly ready: number
  /** Of the old Pods, too. */
  readonly all: number
}

export interface Workload {
  readonly kind: 'Deployment' | 'DaemonSet'
  readonly name: string
}

/** Without the object it is missing: not made yet, or deleted by somebody. */
export function rolloutOf(
  { kind, name }: Workload,
  object: StandingObject | undefined,
  pods: readonly StandingObject[],
): Rollout {
  const about = (what: string) => `${kind} ${name}: ${what}`
  const waiting = (what: string) => ({ isReady: false, sentence: about(what), troubles: [] })
  if (!object) return waiting('missing')
  const status = (object.status ?? {}) as WorkloadStatus
  if ((status.observedGeneration ?? 0) < (object.metadata.generation ?? 0)) {
    return waiting('a change is not taken up yet')
  }
  const numbers = kind === 'DaemonSet' ? daemonNumbers(status) : deploymentNumbers(object, status)
  const troubles = [
    ...(kind === 'DaemonSet' && numbers.wanted === 0 ? [about(NOWHERE)] : []),
    ...conditionTroubles(status).map(about),
    ...podTroubles(pods),
  ]
  return {
    isReady: isDone(numbers) && troubles.length === 0,
    sentence: about(tell(numbers)),
    troubles,
  }
}

const NOWHERE = 'no node qualifies, by nodeSelector, affinity and taints'

interface WorkloadStatus {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly desiredNumberScheduled?: number
  readonly currentNumberScheduled?: number
  readonly updatedNumberScheduled?: number
  readonly numberReady?: number
  readonly conditions?: readonly WorkloadCondition[]
}

interface WorkloadCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

const deploymentNumbers = ({ spec }: StandingObject, status: WorkloadStatus): Numbers => ({
  wanted: (spec as { replicas?: number }).replicas ?? 1,
  updated: status.updatedReplicas ?? 0,
  ready: status.readyReplicas ?? 0,
  all: status.replicas ?? 0,
})

const daemonNumbers = (status: WorkloadStatus): Numbers => ({
  wanted: status.desiredNumberScheduled ?? 0,
  updated: status.updatedNumberScheduled ?? 0,
  ready: status.numberReady ?? 0,
  all: status.currentNumberScheduled ?? 0,
})

const isDone = ({ wanted, updated, ready, all }: Numbers): boolean =>
  updated === wanted && ready === wanted && all === wanted

function tell({ wanted, updated, ready, all }: Numbers): string {
  const ofNow = updated < wanted ? [`${updated} as asked for now`] : []
  const old = all > wanted ? [`${all - wanted} still to go`] : []
  return [`${ready} of ${wanted} ready`, ...ofNow, ...old].join(', ')
}

/** A Pod that was refused, a rollout that has not moved for ten minutes. */
function conditionTroubles({ conditions = [] }: WorkloadStatus): string[] {
  const bad = conditions.filter(
    ({ type, status, reason }) =>
      (type === 'ReplicaFailure' && status === 'True') ||
      (type === 'Progressing' && status === 'False' && reason === 'ProgressDeadlineExceeded'),
  )
  return bad.map(({ reason = '', message = '' }) => `${reason}: ${message}`)
}

/** Words by which the kubelet says that it will go on failing. */
const STUCK: ReadonlySet<string> = new Set([
  ...['ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'ErrImageNeverPull'],
  ...['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'],
  'CrashLoopBackOff',
])

interface ContainerStatus {
  readonly name: string
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
}

interface PodStatus {
  readonly conditions?: readonly WorkloadCondition[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
}

/** So many are told; the rest are alike. */
const TOLD_MAX = 3

function podTroubles(pods: readonly StandingObject[]): string[] {
  const all = pods.flatMap((pod) => {
    if (pod.metadata.deletionTimestamp) return []
    const { nodeName } = (pod.spec ?? {}) as { nodeName?: string }
    const where = `Pod ${pod.metadata.name}${nodeName ? ` on ${nodeName}` : ''}`
    return stuckIn((pod.status ?? {}) as PodStatus).map((what) => `${where}: ${what}`)
  })
  const told = all.toSorted().slice(0, TOLD_MAX)
  return all.length > TOLD_MAX ? [...told, `and ${all.length - TOLD_MAX} more like these`] : told
}

function stuckIn({
  conditions = [],
  containerStatuses = [],
  initContainerStatuses = [],
}: PodStatus) {
  const unplaced = conditions.filter(
    ({ type, status, reason }) =>
      type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  )
  const stuck = [...initContainerStatuses, ...containerStatuses].flatMap(({ name, state }) => {
    const { reason = '', message } = state?.waiting ?? {}
    return STUCK.has(reason) ? [`container ${name}: ${reason}${message ? `: ${message}` : ''}`] : []
  })
  return [...unplaced.map(({ message = '' }) => message), ...stuck]
}
