// Which Services a node begins to announce, for the event that says so. Separate from the plan, which
// says what is announced: a plan that FRR has not taken begins nothing, and with FRR, which goes on
// without us, a restart of ours neither.
import type { Service } from '../api/core.ts'
import type { Protocol, ServiceAnnouncement } from './announcements.ts'
import { identityOf } from './decision.ts'
import type { SpeakerPlan } from './speaker.ts'
import type { World } from './world.ts'

/** The announced Services, by identity: one that is created anew under its old name begins anew. */
export type Assigned = ReadonlyMap<string, Service>

export function assignedIn(
  { services }: Pick<SpeakerPlan, 'services'>,
  world: Pick<World, 'services'>,
  protocol: Protocol,
): Assigned {
  const announced = services.flatMap((one) => {
    const decision = protocol === 'bgp' ? one.bgp : one.l2
    const service = decision?.announce ? world.services.get(one.key) : undefined
    return service ? [[identityOf(service), service] as const] : []
  })
  return new Map(announced)
}

/**
 * BGP, of a speaker that has just started: what FRR announced already (`prefixes`) began before. A Service
 * that came meanwhile to an address that others have, too, cannot be told from those.
 */
export function standingIn(
  plan: SpeakerPlan,
  world: Pick<World, 'services'>,
  prefixes: ReadonlySet<string>,
): Assigned {
  const stood = ({ bgp }: ServiceAnnouncement) =>
    bgp.announce && bgp.routes.every(({ prefix }) => prefixes.has(prefix.text))
  return assignedIn({ services: plan.services.filter(stood) }, world, 'bgp')
}

export const begunSince = (before: Assigned, now: Assigned): Service[] =>
  [...now].flatMap(([identity, service]) => (before.has(identity) ? [] : [service]))
