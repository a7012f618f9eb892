// Events on Services, with MetalLB's reasons: told when a cause appears or changes, never because
// a pass ran again.
import type { ControllerPlan } from './controller.ts'
import type { Explained, ServiceDecision } from './decision.ts'
import { type ControllerReason, sentenceOf } from './reasons.ts'

export interface ServiceEvent {
  /** `namespace/name` of the Service. */
  readonly key: string
  readonly identity: string
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

interface Told extends Pick<ServiceEvent, 'type' | 'reason' | 'message'> {
  /** What would have to change for this to be told again. */
  readonly cause: string
}

export function eventsBetween(
  previous: ControllerPlan | undefined,
  next: ControllerPlan,
): ServiceEvent[] {
  const before = new Map(previous?.decisions.map((one) => [one.identity, one]))
  const writing = writers(previous)
  const writes = writers(next)
  return next.decisions.flatMap((decision) => {
    const { key, identity } = decision
    const last = before.get(identity)
    // The memo hands out the very same decision for a Service where nothing happened.
    if (decision === last) return []
    const isFirstWrite = writes.has(identity) && !writing.has(identity)
    const told = tellAll(decision).filter((one) => !last || !wasTold(last, one))
    const old = isFirstWrite ? tellDeprecated(decision) : []
    return [...told, ...old].map(({ cause: _cause, ...one }) => ({ key, identity, ...one }))
  })
}

const writers = (plan?: ControllerPlan) => new Set(plan?.writes.map((one) => one.identity))

const wasTold = (last: ServiceDecision, { reason, cause }: Told): boolean =>
  tellAll(last).some((one) => one.reason === reason && one.cause === cause)

const normal = (reason: string, message: string, cause = message): Told => ({
  type: 'Normal',
  reason,
  message,
  cause,
})
const warning = (reason: string, message: string, cause = message): Told => ({
  ...normal(reason, message, cause),
  type: 'Warning',
})

const causeOf = ({ because, subject }: Partial<Explained>) => `${because}: ${subject}`

/** All that is to be said of one decision, whatever was said before. */
function tellAll(decision: ServiceDecision): Told[] {
  return [...tellLoss(decision), ...tellAddresses(decision), ...tellCause(decision)]
}

function tellLoss({ key, lost }: ServiceDecision): Told[] {
  if (!lost) return []
  if (lost.because === 'invalidStatus') return [warning('nolbIPsIPFamily', lost.sentence)]
  const message = `current address ${lost.addresses.join(', ')} of "${key}" is given up: ${lost.sentence}; another one is tried`
  return [normal('ClearAssignment', message, `${lost.addresses} ${causeOf(lost)}`)]
}

function tellAddresses({ addresses, fresh, pool }: ServiceDecision): Told[] {
  if (fresh.length === 0) return []
  const what = fresh.length < addresses.length ? 'additional address' : 'address'
  return [normal('IPAllocated', `${what} ${fresh.join(', ')} from pool "${pool}"`)]
}

/** Not yet, or not ours: nothing a user would have to do. */
const SILENT: readonly ControllerReason[] = ['notLoadBalancer', 'noClusterIP', 'poolRefused']

function tellCause(decision: ServiceDecision): Told[] {
  const { key, because, addresses, sentence = '' } = decision
  if (because === undefined || SILENT.includes(because)) return []
  if (because === 'notEnoughClusterIPs') return [warning('not enough clusterips', sentence)]
  const pools = printConsidered(decision)
  const told = [`"${key}": ${sentence}${pools}`, causeOf(decision) + pools] as const
  if (addresses.length === 0) return [warning('AllocationFailed', ...told)]
  if (because === 'unknownFamily') return [warning('noclusterIPsIPFamily', ...told)]
  if (because === 'invalidRequest') return [warning('LoadBalancerFailed', ...told)]
  return [normal('AdditionalAssignFailed', ...told)]
}

/** An event is 1 KiB at most; the full list is in the plan. */
const CONSIDERED_MAX = 4

function printConsidered({ because, considered }: ServiceDecision): string {
  if (because !== 'noPoolFits' || considered.length === 0) return ''
  const some = considered.slice(0, CONSIDERED_MAX)
  const list = some.map((one) => `pool "${one.pool}": ${sentenceOf(one.because)}`)
  const more =
    considered.length > CONSIDERED_MAX ? `; and ${considered.length - CONSIDERED_MAX} more` : ''
  return ` (${list.join('; ')}${more})`
}

function tellDeprecated({ deprecated }: ServiceDecision): Told[] {
  if (deprecated.length === 0) return []
  const message = `deprecated annotation ${deprecated.join(', ')}; write metallb.io/ instead of metallb.universe.tf/`
  return [warning('deprecatedAnnotation', message)]
}
