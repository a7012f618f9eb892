// What a router would forward by, as its kernel tells it: every change of a route with the next hops it then
// has and when. The same for every make of router, and to the millisecond.
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import type { Netns } from '../../../src/lab/netns.ts'
import { parseRouteLine, type RouteLine } from '../../../src/lab/route-line.ts'
import { until } from '../../../src/lab/until.ts'

export interface RouteChange extends RouteLine {
  /** Milliseconds since 1970, with fractions. */
  readonly at: number
}

export interface RouteTrace extends AsyncDisposable {
  /** Oldest first; grows. */
  readonly changes: readonly RouteChange[]
}

/** Nobody's, and nowhere in the topologies. */
const PROBE = '203.0.113.77'

export const now = (): number => performance.timeOrigin + performance.now()

export async function traceRoutes(netns: Netns): Promise<RouteTrace> {
  const changes: RouteChange[] = []
  const argv = ['-n', netns.id, '-o', 'monitor', 'route']
  const child = execa('ip', argv, { buffer: false, reject: false })
  createInterface({ input: child.stdout }).on('line', (line) => {
    const change = parseRouteLine(line)
    if (change) changes.push({ at: now(), ...change })
  })
  const trace = {
    changes,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await child
    },
  }
  // It says nothing when it begins to listen, so it is shown something.
  await until(`the routes of ${netns.id} are watched`, async () => {
    await netns.ip(`route replace blackhole ${PROBE}`, `route del blackhole ${PROBE}`)
    return changes.length > 0
  })
  return trace
}
