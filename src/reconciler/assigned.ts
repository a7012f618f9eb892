// Which Services a node begins to announce, for the event that says so. Separate from the plan, which
// says what is announced: a plan that FRR has not taken begins nothing, and a restart of ours neither.
import type { Service } from '../api/core.ts'
import { identityOf } from './decision.ts'
import type { ServiceAnnouncement, SpeakerPlan } from './speaker.ts'
import type { World } from './world.ts'

/** The announced Services, by identity: one that is created anew under its old name begins anew. */
export type Assigned = ReadonlyMap<string, Service>

export function assignedIn({ services }: SpeakerPlan, world: Pick<World, 'services'>): Assigned {
  const announced = services.flatMap((one) => {
    const service = one.bgp.announce ? world.services.get(one.key) : undefined
    return service ? [[identityOf(service), service] as const] : []
  })
  return new Map(announced)
}

/**
 * Of a speaker that has just started: what FRR announced already (`prefixes`) began before. A Service
 * that came meanwhile to an address that others have, too, cannot be told from those.
 */
export function standingIn(
  plan: SpeakerPlan,
  world: Pick<World, 'services'>,
  prefixes: ReadonlySet<string>,
): Assigned {
  const stood = ({ bgp }: ServiceAnnouncement) =>
    bgp.announce && bgp.routes.every(({ prefix }) => prefixes.has(prefix.text))
  return assignedIn({ ...plan, services: plan.services.filter(stood) }, world)
}

export const begunSince = (before: Assigned, now: Assigned): Service[] =>
  [...now].flatMap(([identity, service]) => (before.has(identity) ? [] : [service]))
