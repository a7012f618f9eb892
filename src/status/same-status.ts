// Whether two moments look the same. Plans keep what did not change as the very same value, so that this
// costs a comparison for each Service and no more.
import { isDeepStrictEqual } from 'node:util'
import { isSameList } from './listed.ts'
import type { ControllerStatus, ProcessStatus, SpeakerStatus } from './role-status.ts'

export function isSameStatus(a: ProcessStatus, b: ProcessStatus): boolean {
  return (
    a.unready === b.unready &&
    a.failure === b.failure &&
    a.away === b.away &&
    isSameSpeaker(a.speaker, b.speaker) &&
    isSameController(a.controller, b.controller)
  )
}

function isSameSpeaker(a: SpeakerStatus | undefined, b: SpeakerStatus | undefined): boolean {
  if (a?.plan && b?.plan) {
    return (
      isSameList(a.plan.services, b.plan.services) &&
      isDeepStrictEqual(a.sessions, b.sessions) &&
      isDeepStrictEqual(a.silent, b.silent) &&
      isDeepStrictEqual(a.resets, b.resets) &&
      a.applied === b.applied &&
      a.isUnseen === b.isUnseen &&
      isDeepStrictEqual(a.plan.peers, b.plan.peers) &&
      isSameList(a.plan.problems, b.plan.problems)
    )
  }
  return a?.plan === b?.plan
}

function isSameController(a: ControllerStatus | undefined, b: ControllerStatus | undefined) {
  if (a?.isLeading !== b?.isLeading) return false
  if (!a?.plan || !b?.plan) return a?.plan === b?.plan
  return (
    isSameList(a.plan.decisions, b.plan.decisions) &&
    isDeepStrictEqual(a.plan.pools, b.plan.pools) &&
    isSameList(a.plan.problems, b.plan.problems)
  )
}
