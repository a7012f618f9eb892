// `ferrule plan`: what a node would announce, to whom, and why not; without touching anything.
import { printProblem } from '../config/problem.ts'
import type { L2Decision } from '../reconciler/announce-l2.ts'
import { ANNOUNCE_REASONS } from '../reconciler/announce-reasons.ts'
import type { ServiceAnnouncement } from '../reconciler/announcements.ts'
import { printPlan } from '../reconciler/print.ts'
import { type PeerDecision, planSpeaker } from '../reconciler/speaker.ts'
import { type AskedWorld, nodeIn, readWorld } from './asked-world.ts'
import { onlyFlags, truth } from './flags.ts'
import type { Help } from './help.ts'
import { node, shared } from './role-flags.ts'
import { table } from './table.ts'
import { WHERE_USAGE, where } from './where.ts'

const { lbClass, logLevel } = shared
const { nodeName, ignoreExcludeLb } = node
const json = truth('The whole plan as JSON.')
const flags = { ...where, nodeName, json, lbClass, logLevel, ignoreExcludeLb }

export const help: Help = {
  usage: `plan ${WHERE_USAGE} --node NAME [--json]`,
  about:
    'Shows the addresses that Services get (of a cluster: have), what this node announces and why not, which sessions it opens, and which node answers on layer 2, if the speakers of all of them live.',
  flags,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const given = onlyFlags(flags, args)
  const { world, allocation } = await readWorld(given, { signal })
  const name = nodeIn(world, given.nodeName)
  const speaker = planSpeaker({ ...world, ...given, node: name, hostname: name })
  if (given.json) {
    process.stdout.write(`${printPlan({ controller: allocation, speaker })}\n`)
    return 0
  }
  const pending = new Map(allocation.decisions.map((one) => [one.key, one.sentence]))
  const services = speaker.services.map((one) => serviceRow(one, pending.get(one.key)))
  const sections = [
    `Node ${name}`,
    table(['SERVICE', 'ADDRESSES', 'ROUTES', 'WHY NOT'], services),
    ...(speaker.l2 ? [layer2Table(speaker.services)] : []),
    table(
      ['PEER', 'SESSION', 'NEIGHBOR', 'AS', 'BFD'],
      speaker.peers.map(peerRow(world.config.peers)),
    ),
    ...world.problems.map((problem) => `Problem: ${printProblem(problem)}`),
  ]
  process.stdout.write(`${sections.join('\n\n')}\n`)
  return 0
}

function serviceRow({ key, addresses, bgp }: ServiceAnnouncement, pending = ''): string[] {
  const routes = bgp.announce ? [...new Set(bgp.routes.map((one) => one.prefix.text))] : []
  const because = bgp.announce ? '' : ANNOUNCE_REASONS[bgp.because]
  const whyNot = addresses.length === 0 && pending !== '' ? pending : because
  return [key, addresses.join(' ') || '<pending>', routes.join(' '), whyNot]
}

function layer2Table(services: readonly ServiceAnnouncement[]): string {
  const rows = services.flatMap(({ key, l2 }) => (l2 ? [layer2Row(key, l2)] : []))
  return table(['SERVICE', 'LAYER 2', 'INTERFACES', 'WHY NOT HERE'], rows)
}

function layer2Row(key: string, l2: L2Decision): string[] {
  if (!l2.announce) return [key, l2.owner ?? 'nobody', '', ANNOUNCE_REASONS[l2.because]]
  return [key, 'this node', l2.interfaces.join(' ') || 'all', '']
}

const SESSION = { nodeNotSelected: 'no: not for this node', refusedByFrr: 'no: FRR refused it' }

const peerRow =
  (peers: AskedWorld['world']['config']['peers']) =>
  (decision: PeerDecision): string[] => {
    const peer = peers.find((one) => one.name === decision.name)
    const session = decision.because ? SESSION[decision.because] : 'yes'
    const neighbor = peer?.peerAddress?.text ?? peer?.interface ?? ''
    return [
      decision.name,
      session,
      peer?.vrf ? `${neighbor} vrf ${peer.vrf}` : neighbor,
      String(peer?.dynamicASN ?? peer?.peerASN ?? ''),
      peer?.bfd?.name ?? '',
    ]
  }
