// What a speaker tells at /plan.json, as far as a status needs it: text → values. Pure.
import { z } from 'zod'
import { printProblem } from '../config/problem.ts'
import type { AnnounceReason } from '../reconciler/announce-reasons.ts'
import { type PeerSession, peerSessions, type Seen } from '../reconciler/sessions.ts'
import type { FrrModel } from '../render/model.ts'

const reason = z.string().transform((word) => word as AnnounceReason)
const Decision = z.object({
  announce: z.boolean(),
  because: reason.optional(),
  owner: z.string().optional(),
  interfaces: z.array(z.string()).default([]),
})
const Service = z.object({
  key: z.string(),
  addresses: z.array(z.string()),
  bgp: Decision,
  l2: Decision.optional(),
})
const family = z.union([z.literal(4), z.literal(6)])
const Neighbor = z.object({
  id: z.string(),
  name: z.string(),
  families: z.array(family),
  peer: z.object({
    name: z.string(),
    peerPort: z.number(),
    bfd: z.object({ name: z.string() }).optional(),
  }),
})
const Network = z.object({
  family,
  class: z.object({
    members: z
      .record(z.string(), z.unknown())
      .transform((members) => new Map(Object.entries(members))),
  }),
})
const Router = z.object({
  vrf: z.string(),
  neighbors: z.array(Neighbor),
  networks: z.array(Network),
})
const Problem = z.object({
  ...{ kind: z.string(), namespace: z.string(), name: z.string() },
  ...{ path: z.string(), code: z.string(), message: z.string() },
})
const Speaker = z.object({
  node: z.string(),
  services: z.array(Service),
  frr: z.object({ routers: z.array(Router) }),
  problems: z.array(Problem).transform((all) => all.map(printProblem)),
})
const Plans = z.object({ speaker: Speaker })

export type ServedPlan = z.output<typeof Speaker>
export type ServedService = z.output<typeof Service>

export function readServedPlan(text: string): ServedPlan {
  return Plans.parse(JSON.parse(text)).speaker
}

export function sessionsOf({ frr }: ServedPlan, seen: Seen): PeerSession[] {
  // What `peerSessions` reads of a model is what is parsed above.
  return peerSessions(frr as unknown as Pick<FrrModel, 'routers'>, seen)
}
