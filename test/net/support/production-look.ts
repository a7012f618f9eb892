// What the routers of the production guide's rack know, and what its tests wait for.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { Frr } from '../../../src/lab/frr.ts'
import { frrState, type RouterState } from '../../../src/lab/router-state.ts'
import { bare } from '../../../src/lab/topology.ts'
import { eventually } from '../../support/eventually.ts'
import type { Site } from './production-site.ts'

/** Sessions that were turned away come back within connectTime; daemons of a busy machine are slow. */
export const PATIENCE_MS = 30_000
export const WEB = '10.100.0.1/32'
export const ALL = ['n1', 'n2', 'n3']
export const ROUTERS = ['r1', 'r2'] as const

export interface Summary {
  readonly peers: Readonly<
    Record<string, { readonly pfxRcd: number; readonly pfxSnt: number; readonly state: string }>
  >
}

const states = ({ r1, r2 }: Site): ReadonlyMap<string, RouterState> =>
  new Map([
    ['r1', frrState(r1)],
    ['r2', r2],
  ])

const nodesByAddress = ({ lab }: Site): ReadonlyMap<string, string> =>
  new Map(lab.topology.nodes.map(({ name, legs }) => [bare(legs[0]!.v4), name]))

/** `10.100.0.1/32 n1 200 64512:1100`, sorted. */
export async function routesAt(site: Site, router: string): Promise<string[]> {
  const names = nodesByAddress(site)
  const paths = await states(site).get(router)!.paths()
  return paths
    .map(({ prefix, nextHop, localPref, communities }) =>
      [prefix, names.get(nextHop) ?? nextHop, localPref, ...communities].join(' '),
    )
    .sort()
}

/** The nodes over which the router's kernel spreads the packets to a prefix. */
export async function spreadAt(site: Site, router: string, prefix = WEB): Promise<string[]> {
  interface Route {
    readonly gateway?: string
    readonly nexthops?: readonly { readonly gateway: string }[]
  }
  const text = await site.netns(router).exec(['ip', '-j', 'route', 'show', prefix])
  const routes = JSON.parse(text || '[]') as Route[]
  const names = nodesByAddress(site)
  const hops = routes.flatMap(({ gateway, nexthops }) => nexthops ?? (gateway ? [{ gateway }] : []))
  return hops.map(({ gateway }) => names.get(gateway) ?? gateway).sort()
}

/** Which nodes a router has a session with that BFD watches. */
export async function watchedAt(site: Site, router: string): Promise<string[]> {
  const names = nodesByAddress(site)
  const sessions = await states(site).get(router)!.sessions()
  return sessions
    .filter(({ established, bfdUp }) => established && bfdUp)
    .map(({ peer }) => names.get(peer) ?? peer)
    .sort()
}

export async function becomes<T>(look: () => Promise<T>, wanted: T): Promise<void> {
  await eventually(async () => assert.deepEqual(await look(), wanted), PATIENCE_MS)
}
export const summaryOf = (frr: Frr) => frr.show<Summary>('show bgp ipv4 unicast summary')

/** Established sessions of all nodes with this router. */
export async function sessionsOf(site: Site, router: string): Promise<number> {
  const summaries = await Promise.all([...site.nodes.values()].map(summaryOf))
  return summaries.filter(({ peers }) => peers[router]?.state === 'Established').length
}

/** Both routers spread the packets of the first Service over these nodes, and no others. */
export async function standing(site: Site, nodes: readonly string[]): Promise<void> {
  for (const router of ROUTERS) await becomes(() => spreadAt(site, router), [...nodes])
}

/** Every session is up and watched at both ends, and both routers use every node. */
export async function settled(site: Site): Promise<void> {
  for (const router of ROUTERS) await becomes(() => watchedAt(site, router), ALL)
  const watched = async () => {
    const peers = await Promise.all(
      [...site.nodes.values()].map((frr) => frr.show<{ status: string }[]>('show bfd peers')),
    )
    return peers.flat().map(({ status }) => status)
  }
  await becomes(watched, Array(ROUTERS.length * ALL.length).fill('up'))
  await standing(site, ALL)
}

export async function withoutNode(t: TestContext, site: Site, name: string): Promise<void> {
  const lan = site.lab.net.lan('rack')
  await lan.cut(site.netns(name))
  const others = ALL.filter((one) => one !== name)
  await timed(t, 'a silent node is out of both routers', () => standing(site, others))
  await lan.heal(site.netns(name))
  await timed(t, 'it is back at both', () => standing(site, ALL))
}

/** Packets that the router's kernel threw away because they had come too far, or said so. */
export async function droppedForTtl(site: Site, router: string): Promise<number> {
  const text = await site.netns(router).exec(['cat', '/proc/net/netstat'])
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '))
  return Number(values[names.indexOf('TCPMinTTLDrop')])
}

export async function timed(
  t: TestContext,
  what: string,
  wait: () => Promise<void>,
): Promise<void> {
  const began = performance.now()
  await wait()
  t.diagnostic(`${((performance.now() - began) / 1000).toFixed(1)} s: ${what}`)
}
