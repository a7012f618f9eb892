// The one line that makes bgpd start a session now. To say once more what stands changes nothing in the
// configuration, but bgpd stops what it was at and starts the session, be it idle or waiting for a timer;
// `clear bgp` does not help a neighbour that FRR 10.3 keeps idle.
import type { Place } from '../reconciler/sessions.ts'
import type { Group } from './diff.ts'
import { vrfOf } from './router-diff.ts'
import type { Tree } from './tree.ts'

/** Nothing where FRR runs no such neighbour, or one whose `timers connect` is FRR's own. */
export function connectGroups({ contexts }: Tree, { vrf, peer }: Place): Group[] {
  return [...contexts.values()]
    .filter((one) => one.kind === 'router' && (vrfOf(one) ?? 'default') === vrf)
    .flatMap(({ opener, lines }) => {
      const line = lines.get(`neighbor ${peer} timers connect`)
      if (line === undefined) return []
      const path = [opener]
      return [{ daemon: 'bgpd' as const, path, steps: [{ path, line, undo: [] }] }]
    })
}
