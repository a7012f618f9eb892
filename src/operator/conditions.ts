// How the installation is, in the four conditions that MetalLB's users know, in their order. A time
// changes only when a status does, so that what is equal stays equal. Pure.
import { type Condition, MESSAGE_MAX } from '../api/condition.ts'
import type { Rollout } from './rollout.ts'

export type Verdict =
  /** Nothing was done, or not all of it. */
  | { readonly kind: 'failed'; readonly reason: FailureReason; readonly message: string }
  | { readonly kind: 'stuck' | 'rolling' | 'ready'; readonly message: string }

export type FailureReason =
  | 'IncorrectMetalLBResourceName'
  | 'InvalidSpec'
  | 'BGPBackendNotServed'
  | 'NotApplied'

/** `notes`: what of the object has no effect here. */
export function judge(rollouts: readonly Rollout[], notes: readonly string[]): Verdict {
  const sentences = rollouts.map(({ sentence }) => sentence)
  const troubles = rollouts.flatMap((one) => one.troubles)
  if (troubles.length > 0) return { kind: 'stuck', message: [...troubles, ...sentences].join('; ') }
  const late = rollouts.filter(({ isReady }) => !isReady).map(({ sentence }) => sentence)
  if (late.length > 0) return { kind: 'rolling', message: late.join('; ') }
  const told = notes.length > 0 ? `. Without effect here: ${notes.join('; ')}` : ''
  return { kind: 'ready', message: sentences.join('; ') + told }
}

const TYPES = ['Available', 'Upgradeable', 'Progressing', 'Degraded'] as const
type Type = (typeof TYPES)[number]

interface Answer {
  readonly holds: boolean
  readonly reason: string
  readonly message: string
}

export interface Moment {
  /** As of the Kubernetes API, in whole seconds. */
  readonly now: string
  readonly generation: number
}

/** `before`: as they stand; conditions of other types are somebody else's, and stay behind ours. */
export function conditionsOf(
  verdict: Verdict,
  before: readonly Condition[],
  { now, generation }: Moment,
): Condition[] {
  const answers = answersOf(verdict)
  const ours = TYPES.map((type): Condition => {
    const { holds, reason, message } = answers[type]
    const status = holds ? 'True' : 'False'
    const stood = before.find((one) => one.type === type)
    return {
      ...{ type, status, reason, message: message.slice(0, MESSAGE_MAX) },
      lastTransitionTime: stood?.status === status ? stood.lastTransitionTime : now,
      observedGeneration: generation,
    }
  })
  return [...ours, ...before.filter(({ type }) => !TYPES.includes(type as Type))]
}

function answersOf(verdict: Verdict): Record<Type, Answer> {
  const { message } = verdict
  const yes = (reason: string, text = message) => ({ holds: true, reason, message: text })
  const no = (reason: string, text = message) => ({ holds: false, reason, message: text })
  const quiet = 'Nothing is being changed.'
  const well = 'Nothing is known to be wrong.'
  switch (verdict.kind) {
    case 'ready':
      return {
        ...{ Available: yes('AllReady'), Upgradeable: yes('AllReady') },
        ...{ Progressing: no('AllReady', quiet), Degraded: no('AllReady', well) },
      }
    case 'rolling':
      return {
        ...{ Available: no('RollingOut'), Upgradeable: no('RollingOut') },
        ...{ Progressing: yes('RollingOut'), Degraded: no('RollingOut', well) },
      }
    case 'stuck':
      return {
        ...{ Available: no('PodsFailing'), Upgradeable: no('PodsFailing') },
        ...{ Progressing: yes('RollingOut'), Degraded: yes('PodsFailing') },
      }
    case 'failed': {
      const { reason } = verdict
      return {
        ...{ Available: no(reason), Upgradeable: no(reason) },
        ...{ Progressing: no(reason, quiet), Degraded: yes(reason) },
      }
    }
  }
}

/** What became different, as an event says it; nothing where a message alone is another one. */
export function transitionOf(
  before: readonly Condition[],
  after: readonly Condition[],
): Condition | undefined {
  const changed = after.filter(({ type, status, reason }) => {
    const stood = before.find((one) => one.type === type)
    return status === 'True' && (stood?.status !== 'True' || stood.reason !== reason)
  })
  // What is wrong is told first; that it may be upgraded follows from the rest.
  for (const type of ['Degraded', 'Available', 'Progressing']) {
    const one = changed.find((condition) => condition.type === type)
    if (one) return one
  }
  return undefined
}
