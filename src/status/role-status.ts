// What a process knows of itself at one moment, as it is: the input of report and changes.
import { type Problem, printProblem } from '../config/problem.ts'
import type { ControllerPlan } from '../reconciler/controller.ts'
import type { PeerSession } from '../reconciler/sessions.ts'
import type { SpeakerPlan } from '../reconciler/speaker.ts'

export interface SpeakerStatus {
  readonly kind: 'speaker'
  readonly node: string
  /** Absent before the first pass. */
  readonly plan?: SpeakerPlan | undefined
  readonly sessions: readonly PeerSession[]
  /** FRR was not asked yet what they do. */
  readonly isUnseen?: boolean | undefined
  /** Daemons of FRR that do not answer, and why. */
  readonly silent: ReadonlyMap<string, string>
  /** By place: why a session went down last, in FRR's words. */
  readonly resets?: ReadonlyMap<string, string> | undefined
  /** The last time that FRR took a configuration; the very same until the next. */
  readonly applied?: Applied | undefined
}

export interface Applied {
  readonly commands: number
  /** Sessions that it cost. */
  readonly resets: number
  readonly ms: number
  /** Somebody else had changed what FRR runs. */
  readonly isDrift: boolean
}

export interface ControllerStatus {
  readonly kind: 'controller'
  readonly isLeading: boolean
  /** Absent before the first pass, and of one that never led. */
  readonly plan?: ControllerPlan | undefined
}

export type RoleStatus = SpeakerStatus | ControllerStatus

export interface ProcessStatus {
  readonly speaker?: SpeakerStatus | undefined
  readonly controller?: ControllerStatus | undefined
  /** Why it is not ready yet. */
  readonly unready?: string | undefined
  /** Why the last pass did not do all that it should. */
  readonly failure?: string | undefined
  /** Why the API server cannot be asked. */
  readonly away?: string | undefined
}

/** Every problem once, however many roles know of it. */
export function problemsOf({ speaker, controller }: ProcessStatus): Map<string, Problem> {
  const all = [...(speaker?.plan?.problems ?? []), ...(controller?.plan?.problems ?? [])]
  return new Map(all.map((one) => [printProblem(one), one]))
}
