// Ways a node's Pod ends, and what each router then does with the node's routes: for the tests, which look
// at what happened, and for kills-measure.ts, which looks at the times as well.
import assert from 'node:assert/strict'
import { bare, legOf } from '../../../src/lab/topology.ts'
import type { Fleet } from './fleet.ts'
import { nodesAt, patiently } from './judging.ts'
import { now, type RouteChange, traceRoutes } from './route-trace.ts'
import type { RouterContainer } from './router-container.ts'

/** Each ends with the Pod whole again. They say when the end came. */
export const KILLS = {
  'the speaker is killed': (fleet: Fleet, node: string) => kill(fleet, node, 'speaker'),
  'FRR is killed': (fleet: Fleet, node: string) => kill(fleet, node, 'frr'),
  'the Pod is deleted, and made anew': async (fleet: Fleet, node: string) => {
    const pod = fleet.pod(node)
    const at = now()
    await pod.stop()
    await pod.start()
    return at
  },
  'the Pod is killed, and made anew': async (fleet: Fleet, node: string) => {
    const pod = fleet.pod(node)
    const at = now()
    await pod.killAll()
    await pod.start()
    return at
  },
} as const

export type Kill = keyof typeof KILLS

async function kill(fleet: Fleet, node: string, container: string): Promise<number> {
  const at = now()
  await fleet.kill(node, container)
  return at
}

/** What one router made of it. */
export interface Sighting {
  readonly router: string
  /** A new session was needed. */
  readonly hasDropped: boolean
  /** From the end to the moment when nothing was forwarded to the node any more, and again. */
  readonly lostMs?: number
  readonly backMs?: number
}

export interface KillOptions {
  readonly node: string
  readonly prefix: string
}

export async function sightings(
  fleet: Fleet,
  how: Kill,
  { node, prefix }: KillOptions,
): Promise<Sighting[]> {
  await using stack = new AsyncDisposableStack()
  const traces = await Promise.all(
    fleet.routers.map(async ({ netns }) => stack.use(await traceRoutes(netns))),
  )
  const before = await Promise.all(
    fleet.routers.map((router) =>
      patiently(async () => {
        await uses(fleet, router, { node, prefix })
        return await sessionOf(fleet, router, node)
      }),
    ),
  )
  const at = await KILLS[how](fleet, node)
  return await Promise.all(
    fleet.routers.map(async (router, index) => {
      await uses(fleet, router, { node, prefix })
      const hasDropped = (await sessionOf(fleet, router, node)) !== before[index]
      const changes = traces[index]!.changes.filter((one) => one.at >= at && one.prefix === prefix)
      const times = lossOf(changes, bare(legOf(nodeOf(fleet, node), router.spec.lan).v4))
      return {
        router: `${router.spec.name} (${router.spec.implementation.toUpperCase()})`,
        hasDropped,
        ...(times && { lostMs: times.lostAt - at, backMs: times.backAt - at }),
      }
    }),
  )
}

/** Waits until the router has a session with the node, BFD included, and forwards to it. */
async function uses(
  fleet: Fleet,
  router: RouterContainer,
  { node, prefix }: KillOptions,
): Promise<void> {
  const addresses = [...nodesAt(fleet, router)].filter(([, name]) => name === node)
  await patiently(async () => {
    const sessions = await router.sessions()
    for (const [address] of addresses) {
      const session = sessions.find(({ peer }) => peer === address)
      assert.ok(session?.established && session.bfdUp, `${router.spec.name} has ${address}`)
    }
    const hop = bare(legOf(nodeOf(fleet, node), router.spec.lan).v4)
    const routes = await router.netns.exec(['ip', 'route', 'show', prefix])
    assert.match(routes, new RegExp(`\\bvia ${hop}\\b`), `${router.spec.name} forwards to ${node}`)
  })
}

const nodeOf = ({ network }: Fleet, name: string) => {
  const node = network.nodes.find((one) => one.name === name)
  assert(node, `there is no node ${name}`)
  return node
}

/** Something that is another for another session. */
async function sessionOf(fleet: Fleet, router: RouterContainer, node: string): Promise<number> {
  const address = bare(legOf(nodeOf(fleet, node), router.spec.lan).v4)
  const { sessions } = await router.heard(address)
  assert.ok(sessions > 0, `${router.spec.name} has a session with ${node}`)
  return sessions
}

/** When a route lost a next hop for the first time, and when it last got it back; nothing if it never did. */
function lossOf(
  changes: readonly RouteChange[],
  hop: string,
): { lostAt: number; backAt: number } | undefined {
  const lost = changes.findIndex(({ nextHops }) => !nextHops.includes(hop))
  if (lost === -1) return undefined
  // Without a change that brings it back it would not be in the table now.
  const lastWithout = changes.findLastIndex(({ nextHops }) => !nextHops.includes(hop))
  const back = changes[lastWithout + 1]
  assert(back, `${hop} is a next hop again`)
  return { lostAt: changes[lost]!.at, backAt: back.at }
}

/** For a person: what a router saw, in one line. */
export function inWords({ router, hasDropped, lostMs, backMs }: Sighting): string {
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  const session = hasDropped ? 'a new session' : 'the session stood'
  if (lostMs === undefined || backMs === undefined) return `${router}: ${session}, the route stayed`
  return `${router}: ${session}, the route gone after ${seconds(lostMs)}, back after ${seconds(backMs)}`
}
