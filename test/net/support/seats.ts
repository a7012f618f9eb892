// Which router of a case sits where: each session of the plan with what `peers.yaml` expects of it.
// Both lists must be the same, so that no session goes unwatched.
import assert from 'node:assert/strict'
import type { SpeakerPlan } from '../../../src/reconciler/speaker.ts'
import type { Neighbor } from '../../../src/render/model.ts'
import type { Case, RouterExpectation } from './expectation.ts'
import type { Network, Place } from './network.ts'

export interface Seat {
  /** Of the BGPPeer. */
  readonly name: string
  /** Its address or interface. */
  readonly neighbor: string
  readonly port: number
  readonly session: Neighbor
  readonly place: Place
  readonly expected: RouterExpectation
  /** The node's end of the session. */
  readonly source: string
}

export function seatsOf(one: Case, plan: SpeakerPlan, network: Network): Seat[] {
  const sessions = plan.frr.routers.flatMap((router) => router.neighbors)
  const planned = sessions.map(({ peer }) => peer.name).sort()
  assert.deepEqual(planned, Object.keys(one.routers).sort(), 'every session, and no other')
  return sessions.map((session) => {
    const { name: neighbor, peer } = session
    const place = network.placeOf(neighbor)
    const source = place.nextHops[sideOf(session)]
    assert.ok(source, `the node has no address to reach ${neighbor} from`)
    return {
      ...{ name: peer.name, neighbor, session, place, source },
      port: peer.peerPort ?? 179,
      expected: one.routers[peer.name]!,
    }
  })
}

function sideOf({ peer }: Neighbor): keyof Place['nextHops'] {
  if (!peer.peerAddress) return 'link-local'
  return peer.peerAddress.family === 4 ? 'node4' : 'node6'
}
