// What must hold in a topology once all is quiet: sessions with BFD seen from both ends and signed, and at
// each router the routes of the nodes with whole sets of attributes.
import assert from 'node:assert/strict'
import { frrState, type Path, type Session } from '../../../src/lab/router-state.ts'
import {
  addressesOf,
  bare,
  legOf,
  type RouterSpec,
  routerPeers,
} from '../../../src/lab/topology.ts'
import { eventually } from '../../support/eventually.ts'
import type { Fleet } from './fleet.ts'
import type { RouterContainer } from './router-container.ts'

/** A machine that does much else at the same time takes its time over starting FRR. */
export const PATIENCE_MS = 90_000

export const patiently = <T>(check: () => Promise<T>): Promise<T> => eventually(check, PATIENCE_MS)

/** Every session of every router and of every node. */
export async function allUp(fleet: Fleet): Promise<void> {
  for (const router of fleet.routers) await patiently(() => routerIsUp(fleet, router))
  for (const { name } of fleet.network.nodes) await patiently(() => nodeIsUp(fleet, name))
}

async function routerIsUp(fleet: Fleet, router: RouterContainer): Promise<void> {
  const others = routerPeers(fleet.network, router.spec).map(({ address }) => address)
  const nodes = [...nodesAt(fleet, router).keys()]
  // Routers run no BFD among themselves.
  assertUp(await router.sessions(), [...nodes, ...others], nodes, router.spec.name)
}

async function nodeIsUp(fleet: Fleet, node: string): Promise<void> {
  const peers = fleet.routers.flatMap(({ spec }) => peeringAddresses(spec))
  assertUp(await nodeFrr(fleet, node).sessions(), peers, peers, node)
}

function assertUp(
  sessions: readonly Session[],
  peers: readonly string[],
  watched: readonly string[],
  who: string,
): void {
  const up = sessions.filter(({ established }) => established).map(({ peer }) => peer)
  assert.deepEqual(up.sort(), [...peers].sort(), `sessions of ${who}`)
  const bfd = sessions.filter(({ bfdUp }) => bfdUp).map(({ peer }) => peer)
  assert.deepEqual(bfd.sort(), [...watched].sort(), `BFD of ${who}`)
}

const peeringAddresses = (spec: RouterSpec): string[] =>
  addressesOf({ legs: [legOf(spec, spec.lan)] })

/** Address → node, as this router sees them. */
export function nodesAt({ network }: Fleet, { spec }: RouterContainer): Map<string, string> {
  return new Map(
    network.nodes.flatMap((node) =>
      addressesOf({ legs: [legOf(node, spec.lan)] }).map((address) => [address, node.name]),
    ),
  )
}

export const vtysh = (fleet: Fleet, node: string, command: string): Promise<string> =>
  fleet.pod(node).exec('frr', ['vtysh', '-c', command])

const nodeFrr = (fleet: Fleet, node: string) =>
  frrState({ show: async (command) => JSON.parse(await vtysh(fleet, node, `${command} json`)) })

/** Each of a node's sessions carries TCP MD5 signatures. */
export async function allSigned(fleet: Fleet, node: string): Promise<void> {
  const text = await vtysh(fleet, node, 'show bgp neighbors json')
  const known = JSON.parse(text) as Record<string, { authenticationEnabled?: number }>
  const signed = Object.keys(known).filter((peer) => known[peer]!.authenticationEnabled === 1)
  const peers = fleet.routers.flatMap(({ spec }) => peeringAddresses(spec))
  assert.deepEqual(signed.sort(), peers.sort(), `signed sessions of ${node}`)
}

/** What the nodes told this router, a line a path; not what it has from other routers. */
export async function told(fleet: Fleet, router: RouterContainer): Promise<string[]> {
  const nodes = nodesAt(fleet, router)
  const paths = (await router.paths()).filter(({ nextHop }) => nodes.has(nextHop))
  return paths.map((path) => line(nodes.get(path.nextHop)!, path)).sort()
}

const line = (node: string, { prefix, asPath, communities, largeCommunities }: Path) =>
  `${prefix} by ${node}, AS ${asPath.join(' ')}, ${[...communities, ...largeCommunities].join(' ')}`

export interface Expected {
  readonly prefixes: readonly string[]
  readonly nodes: readonly string[]
  readonly communities: string
}

export const expectedLines = ({ prefixes, nodes, communities }: Expected): string[] =>
  prefixes
    .flatMap((prefix) => nodes.map((node) => `${prefix} by ${node}, AS 64513, ${communities}`))
    .sort()

/** Waits until the nodes told the router exactly this. */
export async function tells(
  fleet: Fleet,
  router: RouterContainer,
  expected: Expected,
): Promise<void> {
  await patiently(async () =>
    assert.deepEqual(await told(fleet, router), expectedLines(expected), router.spec.name),
  )
}

/** What a person sees who asks FRR in a Pod: an answer, and no complaints. */
export async function readsWell(fleet: Fleet, node: string): Promise<void> {
  const config = await vtysh(fleet, node, 'show running-config')
  const summary = await vtysh(fleet, node, 'show bgp summary')
  for (const text of [config, summary]) assert.doesNotMatch(text, /%|denied|rror/)
  for (const { spec } of fleet.routers) {
    const address = bare(legOf(spec, spec.lan).v4)
    assert.match(config, new RegExp(`^ neighbor ${address} remote-as ${spec.asn}$`, 'm'))
    assert.match(summary, new RegExp(`^${address} +4 +${spec.asn} .* [0-9]+ [^ ]+$`, 'm'))
  }
}
