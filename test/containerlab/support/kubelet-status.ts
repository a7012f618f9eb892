// What a kubelet writes into the status of a Pod it runs: only the fields that controllers, the scheduler
// and people at kubectl look at. Pure.

export interface ContainerFacts {
  readonly name: string
  readonly image: string
  readonly isRunning: boolean
  readonly isReady: boolean
  readonly restarts: number
  readonly startedAt?: string
  /** Of its latest end, if there was one. */
  readonly exitCode?: number
}

export interface StatusFacts {
  readonly hostIP: string
  readonly podIP?: string
  readonly startTime: string
  /** Why it waits, as kubectl shows it. */
  readonly waiting?: { readonly reason: string; readonly message: string }
  readonly containers: readonly ContainerFacts[]
}

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False'
  readonly lastTransitionTime: string
}

export interface PodStatus {
  readonly phase: 'Pending' | 'Running'
  readonly conditions: readonly Condition[]
  readonly containerStatuses: readonly object[]
  readonly hostIP: string
  readonly hostIPs: readonly { readonly ip: string }[]
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly startTime: string
}

/** `before` is the status it had: what has not changed keeps the time of its last change. */
export function statusOf(
  facts: StatusFacts,
  before: { readonly conditions?: readonly Condition[] },
  now: string,
): PodStatus {
  const { containers, hostIP, podIP, startTime, waiting } = facts
  const started = waiting === undefined
  const ready = started && containers.every(({ isReady }) => isReady)
  const condition = (type: string, holds: boolean): Condition => {
    const status = holds ? 'True' : 'False'
    const old = before.conditions?.find((one) => one.type === type && one.status === status)
    return { type, status, lastTransitionTime: old?.lastTransitionTime ?? now }
  }
  return {
    phase: started ? 'Running' : 'Pending',
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', started),
      condition('ContainersReady', ready),
      condition('Ready', ready),
    ],
    containerStatuses: containers.map((one) => containerStatus(one, waiting)),
    ...{ hostIP, hostIPs: [{ ip: hostIP }], startTime },
    ...(podIP === undefined ? {} : { podIP, podIPs: [{ ip: podIP }] }),
  }
}

function containerStatus(facts: ContainerFacts, waiting: StatusFacts['waiting']): object {
  const { name, image, isRunning, isReady, restarts, startedAt, exitCode } = facts
  const state = isRunning
    ? { running: { startedAt } }
    : { waiting: waiting ?? { reason: 'CrashLoopBackOff' } }
  return {
    ...{ name, image, imageID: image, state, restartCount: restarts },
    ...{ ready: isReady, started: isRunning },
    lastState: exitCode === undefined ? {} : { terminated: { exitCode } },
  }
}
