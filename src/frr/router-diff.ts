// The difference of one `router bgp`, sorted into the phases of diff.ts. Separate, because here stands
// what a neighbour needs around it: who is new, who leaves, whose session a line would end.
import { withoutSecrets } from '../render/shown-text.ts'
import { type Change, changedLines, createStep, type Step, stepFor } from './change.ts'
import {
  declaredNeighbors,
  isActivation,
  isPeerGroup,
  linesOfNeighbor,
  neighborOf,
  rankOf,
} from './neighbor.ts'
import { type Reset, whyFamilyResets, whyNeighborResets, whyRouterResets } from './resets.ts'
import type { Context } from './tree.ts'

/** In the order of sending; `resets` stands apart and comes when everything else is done. */
export const ROUTER_PHASES = [
  'router',
  'neighbors',
  'policies',
  'start',
  'announce',
  'withdraw',
  'leave',
  'resets',
] as const
export type RouterPhase = (typeof ROUTER_PHASES)[number]

export interface RouterDifference {
  readonly steps: Readonly<Record<RouterPhase, readonly Step[]>>
  readonly resets: readonly Reset[]
}

interface Sides {
  readonly running: Context | undefined
  readonly wanted: Context
  readonly stays: ReadonlySet<string>
  readonly leaves: ReadonlySet<string>
}

export function diffRouter(running: Context | undefined, wanted: Context): RouterDifference {
  const before = declaredNeighbors(running)
  const after = declaredNeighbors(wanted)
  const sides: Sides = {
    running,
    wanted,
    stays: before.intersection(after),
    leaves: before.difference(after),
  }
  const steps = emptySteps()
  const resets: Reset[] = []
  if (!running) steps.router.push(createStep([], wanted.opener))
  diffSession(sides, steps, resets)
  for (const family of familiesOf(sides)) diffFamily(sides, family, steps, resets)
  steps.leave.push(...leaveSteps(sides))
  return { steps, resets }
}

/** All steps of a router that is not there yet, in order. */
export function stepsToCreate(router: Context): Step[] {
  const { steps } = diffRouter(undefined, router)
  return ROUTER_PHASES.flatMap((phase) => steps[phase])
}

export function vrfOf(router: Context): string | undefined {
  return / vrf (\S+)$/.exec(router.opener)?.[1]
}

type Steps = Record<RouterPhase, Step[]>

const emptySteps = (): Steps =>
  Object.fromEntries(ROUTER_PHASES.map((phase) => [phase, [] as Step[]])) as Steps

function diffSession(sides: Sides, steps: Steps, resets: Reset[]): void {
  const { running, wanted, leaves } = sides
  const path = [wanted.opener]
  const changes = changedLines(running, wanted)
    .filter(({ slot }) => !leaves.has(neighborOf(slot) ?? ''))
    .sort((a, b) => rankOfChange(wanted, a) - rankOfChange(wanted, b))
  const resetting: Change[] = []
  for (const change of changes) {
    const step = stepFor(wanted, path, change)
    const reset = sessionResets(sides, change, step.line)
    resets.push(...reset)
    if (reset.length > 0) resetting.push(change)
    else steps[sessionPhase(wanted, change.slot)].push(step)
  }
  // What goes first: `ttl-security` is refused while `ebgp-multihop` still stands.
  const isRemoval = ({ after }: Change): number => (after === undefined ? 0 : 1)
  resetting.sort((a, b) => isRemoval(a) - isRemoval(b))
  steps.resets.push(...resetting.map((change) => stepFor(wanted, path, change)))
}

/** What goes does so in the reverse order of coming: `bfd profile` before `bfd`. */
const rankOfChange = (router: Context, { slot, after }: Change): number =>
  after === undefined ? -rankOf(router, slot) : rankOf(router, slot)

function sessionPhase(router: Context, slot: string): RouterPhase {
  const rank = rankOf(router, slot)
  // `timers connect` starts the session and must find its families active (else NOTIFICATION 2/7).
  if (rank >= 6) return 'start'
  return neighborOf(slot) === undefined ? 'router' : 'neighbors'
}

function sessionResets(sides: Sides, { slot }: Change, line: string): Reset[] {
  const name = neighborOf(slot)
  const hit = name === undefined ? [...sides.stays] : sides.stays.has(name) ? [name] : []
  const why = name === undefined ? whyRouterResets(slot) : whyNeighborResets(slot)
  return why === undefined ? [] : hit.map((neighbor) => resetOf(sides.wanted, neighbor, line, why))
}

export function resetOf(router: Context, neighbor: string, line: string, why: string): Reset {
  const vrf = vrfOf(router)
  return { neighbor, ...(vrf === undefined ? {} : { vrf }), line: withoutPassword(line), why }
}

/** A line as people may read it. */
export const withoutPassword: (line: string) => string = withoutSecrets

interface FamilySides {
  readonly running: Context | undefined
  readonly wanted: Context
}

function familiesOf({ running, wanted }: Sides): FamilySides[] {
  const gone = [...(running?.contexts ?? [])].filter(([key]) => !wanted.contexts.has(key))
  return [
    ...[...wanted.contexts].map(([key, family]) => ({
      running: running?.contexts.get(key),
      wanted: family,
    })),
    ...gone.map(([, family]) => ({ running: family, wanted: { ...family, lines: new Map() } })),
  ]
}

function diffFamily(sides: Sides, family: FamilySides, steps: Steps, resets: Reset[]): void {
  const { running, wanted } = family
  const path = [sides.wanted.opener, wanted.opener]
  const changes = changedLines(running, wanted)
    .filter(({ slot }) => !sides.leaves.has(neighborOf(slot) ?? ''))
    // Maps first: a family that becomes active announces at once.
    .sort((a, b) => Number(isActivation(a.slot)) - Number(isActivation(b.slot)))
  const closing = new Set(
    changes.filter((one) => isActivation(one.slot) && !one.after).map((one) => one.slot),
  )
  const late: Step[] = []
  for (const change of changes) {
    const step = stepFor(wanted, path, change)
    const name = neighborOf(change.slot)
    const why = name && sides.stays.has(name) ? whyFamilyResets(change.slot) : undefined
    if (why) {
      resets.push(resetOf(sides.wanted, name!, `${wanted.opener}: ${step.line}`, why))
      steps.resets.push(step)
    } else if (closing.has(`neighbor ${name} activate`) && change.after === undefined) {
      // Taking the map from a family that is still open would announce everything.
      late.push(step)
    } else steps[familyPhase(change)].push(step)
  }
  steps.resets.push(...late)
}

function familyPhase({ slot, after }: Change): RouterPhase {
  if (!slot.startsWith('network ')) return 'policies'
  return after === undefined ? 'withdraw' : 'announce'
}

/** Members before their groups: FRR drops all members of a group that goes. */
function leaveSteps({ running, leaves }: Sides): Step[] {
  if (!running) return []
  const names = [...leaves].sort(
    (a, b) => Number(isPeerGroup(running, a)) - Number(isPeerGroup(running, b)),
  )
  return names.map((name) => ({
    path: [running.opener],
    line: `no neighbor ${name}`,
    undo: linesOfNeighbor(running, name),
  }))
}
