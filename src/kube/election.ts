// Which of several controllers leads, by a Lease that all of them read: the steps. Pure; `lease.ts`
// makes the requests. No clock of another machine is believed: a Lease is out of date when it has not
// changed for its duration by our own clock.

export interface LeaseSpec {
  readonly holderIdentity?: string | null
  readonly leaseDurationSeconds?: number | null
  readonly acquireTime?: string | null
  readonly renewTime?: string | null
  readonly leaseTransitions?: number | null
}

/** A Lease as it stands; the version is what a write must name. */
export interface StandingLease {
  readonly resourceVersion: string
  readonly spec: LeaseSpec
}

export interface ElectionTimes {
  /** After so long without a renewal others may take over. */
  readonly leaseMs: number
  /** After so long without one we stop ourselves; the rest is for requests that are under way. */
  readonly renewMs: number
  /** From one renewal to the next: what an idle cluster costs, so no more often than it takes. */
  readonly everyMs: number
  /** After an attempt that failed, and from one look at another's Lease to the next. */
  readonly retryMs: number
}

export const ELECTION_TIMES: ElectionTimes = {
  ...{ leaseMs: 15_000, renewMs: 10_000 },
  ...{ everyMs: 5_000, retryMs: 2_000 },
}

export interface Election {
  readonly identity: string
  readonly times: ElectionTimes
  /** As last seen, and when we saw it change. */
  readonly seen?: { readonly lease: StandingLease; readonly since: number }
  /** When the request was sent that made us leader, or kept us so. */
  readonly renewedAt?: number
}

export type ElectionEvent =
  | { readonly kind: 'start' | 'waited' | 'stop' }
  /** Absent: there is no Lease yet. */
  | { readonly kind: 'read'; readonly lease?: StandingLease }
  /** A write went through; it was sent at that time. */
  | { readonly kind: 'written'; readonly lease: StandingLease; readonly sentAt: number }
  /** Somebody else wrote between our reading and our writing, or nobody answered. */
  | { readonly kind: 'conflict' | 'failed' }

export type ElectionEffect =
  | { readonly kind: 'read' }
  /** Without a version: make it. */
  | { readonly kind: 'write'; readonly spec: LeaseSpec; readonly resourceVersion?: string }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'lead' | 'lose' | 'done' }

export interface Moment {
  /** Of a clock that never jumps. */
  readonly now: number
  /** What people read in the Lease. */
  readonly time: string
  /** From 0 to 1. */
  readonly random: number
}

type Step = [Election, ElectionEffect[]]

/** How long we may still write: nothing once the renewal is overdue; else until others may lead. */
export function leftMs({ renewedAt, times }: Election, now: number): number {
  if (renewedAt === undefined || now - renewedAt >= times.renewMs) return 0
  return renewedAt + times.leaseMs - now
}

export function step(state: Election, event: ElectionEvent, at: Moment): Step {
  switch (event.kind) {
    case 'start':
      return [state, [{ kind: 'read' }]]
    case 'waited':
      return orLose(state, at, [tryAgain(state, at)])
    case 'read':
      return read(state, event.lease, at)
    case 'written':
      return written(state, event, at)
    case 'conflict':
      // What we believe of it is wrong.
      return orLose(state, at, [{ kind: 'read' }])
    case 'failed':
      return orLose(state, at, [pause(state, at)])
    case 'stop':
      return stop(state, at)
  }
}

/** Who leads renews without reading: nobody else may write, and who did is found by the version. */
function tryAgain(state: Election, at: Moment): ElectionEffect {
  return leftMs(state, at.now) > 0 && state.seen
    ? claim(state, state.seen.lease, at)
    : { kind: 'read' }
}

function read(state: Election, lease: StandingLease | undefined, at: Moment): Step {
  if (!lease) return orLose(state, at, [claim(state, undefined, at)])
  const isSame = state.seen?.lease.resourceVersion === lease.resourceVersion
  const since = isSame ? state.seen!.since : at.now
  const after = { ...state, seen: { lease, since } }
  const holder = lease.spec.holderIdentity ?? ''
  const isFree = holder === '' || at.now - since >= durationMs(after, lease)
  // Our own, from before a restart of ours under the same name, is ours again at once.
  if (holder === state.identity || isFree) return orLose(after, at, [claim(after, lease, at)])
  return lose(after, [pause(after, at)])
}

function written(state: Election, event: ElectionEvent & { kind: 'written' }, at: Moment): Step {
  const { lease, sentAt } = event
  const seen = { lease, since: sentAt }
  if (lease.spec.holderIdentity !== state.identity) return [{ ...state, seen }, [{ kind: 'done' }]]
  const after = { ...state, seen, renewedAt: sentAt }
  const wait: ElectionEffect = { kind: 'wait', ms: state.times.everyMs }
  // The answer took too long to be worth anything: the same again.
  if (leftMs(after, at.now) === 0) return lose({ ...state, seen }, [{ kind: 'read' }])
  return [after, state.renewedAt === undefined ? [{ kind: 'lead' }, wait] : [wait]]
}

/** Gives it back, so that another one need not wait for its end. */
function stop(state: Election, at: Moment): Step {
  const isHeld = leftMs(state, at.now) > 0 && state.seen
  if (!isHeld) return lose(state, [{ kind: 'done' }])
  const { resourceVersion, spec } = state.seen.lease
  const free: LeaseSpec = {
    ...spec,
    holderIdentity: '',
    leaseDurationSeconds: 1,
    renewTime: at.time,
  }
  return lose(state, [{ kind: 'write', spec: free, resourceVersion }])
}

/** Goes on, but not as leader when the renewal is overdue. */
function orLose(state: Election, { now }: Moment, next: ElectionEffect[]): Step {
  return leftMs(state, now) > 0 ? [state, next] : lose(state, next)
}

function lose(state: Election, next: ElectionEffect[]): Step {
  if (state.renewedAt === undefined) return [state, next]
  const { renewedAt: _over, ...after } = state
  return [after, [{ kind: 'lose' }, ...next]]
}

function claim(
  state: Election,
  lease: StandingLease | undefined,
  { time }: Moment,
): ElectionEffect {
  const { identity, times } = state
  const isOurs = lease?.spec.holderIdentity === identity
  const transitions = lease?.spec.leaseTransitions ?? 0
  const spec: LeaseSpec = {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(times.leaseMs / 1000),
    acquireTime: isOurs ? (lease.spec.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: lease && !isOurs ? transitions + 1 : transitions,
  }
  return { kind: 'write', spec, ...(lease ? { resourceVersion: lease.resourceVersion } : {}) }
}

/** The holder says how long it may be silent; who says nothing gets what we would take. */
function durationMs({ times }: Election, { spec }: StandingLease): number {
  const seconds = spec.leaseDurationSeconds
  return seconds ? seconds * 1000 : times.leaseMs
}

/** Two that wait for the same Lease should not come at the same time. */
const pause = ({ times }: Election, { random }: Moment): ElectionEffect => ({
  kind: 'wait',
  ms: Math.round(times.retryMs * (1 + random / 5)),
})
