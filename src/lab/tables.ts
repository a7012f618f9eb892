// A router's sessions and paths as tables for people. Apart from demo.ts, because `lab status` shows the
// same.
import { styleText } from 'node:util'
import type { Router } from './lab.ts'
import { addressesOf, type Topology } from './topology.ts'

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) =>
    Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd()
  return [styleText('dim', line(head)), ...rows.map(line)].join('\n')
}

export async function describeRouter(topology: Topology, router: Router): Promise<string> {
  const { spec, state, make } = router
  const owner = (address: string) => ownerOf(topology, address)
  const sessions = (await state.sessions()).map(({ peer, established, bfdUp }) => [
    owner(peer),
    peer,
    established ? 'established' : 'down',
    bfdUp ? 'up' : '-',
  ])
  const paths = (await state.paths()).map((path) => [
    path.prefix,
    `${path.nextHop} (${owner(path.nextHop)})`,
    path.asPath.join(' '),
    [...path.communities, ...path.largeCommunities].join(' '),
  ])
  return [
    `${styleText('bold', `Router ${spec.name}`)}, ${make}, AS ${spec.asn}`,
    table(['node', 'session with', 'BGP', 'BFD'], sessions.sort(byColumns)),
    table(['prefix', 'next hop', 'AS path', 'communities'], paths.sort(byColumns)),
  ].join('\n')
}

/** The machine that has this address. */
function ownerOf(topology: Topology, address: string): string {
  const machines = [...topology.nodes, ...topology.routers]
  return machines.find((machine) => addressesOf(machine).includes(address))?.name ?? '?'
}

const byColumns = (a: readonly string[], b: readonly string[]) =>
  a.join(' ').localeCompare(b.join(' '), 'en', { numeric: true })
