// The text of an explanation, for a terminal of a hundred columns: what nodes have in common is said
// once, and what does not fit into a table stands one below the other.
import { type Problem, printProblem } from '../config/problem.ts'
import type { ServiceDecision } from '../reconciler/controller.ts'
import type { Explanation, HeardBy, NodeExplanation } from '../reconciler/explain.ts'
import { CONTROLLER_REASONS } from '../reconciler/reasons.ts'
import { wrap } from './help.ts'
import { table } from './table.ts'

const WIDTH = 100

export interface Beside {
  /** Objects that do not count as written. */
  readonly problems: readonly Problem[]
  /** Kinds that could not be read. */
  readonly unread: readonly Problem[]
  /** Somebody else gives the addresses that are still to be given. */
  readonly isLive: boolean
}

export function printExplanation(
  { service, allocation, nodes }: Explanation,
  { problems, unread, isLive }: Beside,
): string {
  const lines = [`Service ${service}`, '', ...addressLines(allocation, isLive)]
  for (const alike of Map.groupBy(nodes, (one) => whatOf(one)).values()) {
    lines.push('', ...titleOf(alike), ...routeLines(alike[0]!))
  }
  if (nodes.length === 0) lines.push('', 'No node is known; ask about one with --node NAME.')
  if (unread.length > 0) {
    const said = unread.map(({ name, message }) => `${name}: ${message}`)
    lines.push('', 'What you may not read, and what that means here:', ...said.flatMap(item))
  }
  if (problems.length > 0) {
    lines.push('', 'Objects that do not count as they are written:')
    lines.push(...problems.map(printProblem).flatMap(item))
    if (isLive)
      lines.push('Roles that run keep what such an object said before, while it made sense.')
  }
  return lines.join('\n')
}

function addressLines(decision: ServiceDecision | undefined, isLive: boolean): string[] {
  if (!decision) return ['Address: none; this Service is not ours to serve.']
  const { addresses, fresh, pool, sentence, considered, lost } = decision
  const due = isLive ? fresh : []
  const held = addresses.filter((one) => !due.includes(one))
  const from = pool === undefined ? '' : ` from pool ${pool}`
  const lines = [`Address: ${held.length > 0 ? `${held.join(', ')}${from}` : '<pending>'}`]
  if (due.length > 0) {
    lines.push(...item(`the controller is to give it ${due.join(', ')}${from}, and has not yet`))
  }
  if (sentence) lines.push(...item(sentence))
  if (lost) lines.push(...item(`to be given up: ${lost.addresses.join(', ')}; ${lost.sentence}`))
  if (addresses.length > 0) return lines
  const reasons = considered.map((one) => `pool ${one.pool}: ${CONTROLLER_REASONS[one.because]}`)
  return [...lines, ...reasons.flatMap(item)]
}

/** Equal for nodes of which the same is to be said. */
const whatOf = ({ sentence = '', ...node }: NodeExplanation): string =>
  [sentence, ...routeLines(node)].join('\n')

function titleOf(alike: readonly NodeExplanation[]): string[] {
  const { announced, sentence = '' } = alike[0]!
  const names = alike.map(({ node }) => node).join(', ')
  const what = announced ? 'announced over BGP' : `not announced, ${sentence}`
  return hanging(`${alike.length === 1 ? 'Node' : 'Nodes'} ${names}: ${what}`, 0)
}

const routeLines = ({ routes }: Pick<NodeExplanation, 'routes'>): string[] =>
  routes.flatMap(({ prefix, peers, notTo }) => [
    `  ${prefix}`,
    ...peerLines(peers),
    ...notTo.flatMap((one) => hanging(`not to ${one.peer}: ${one.sentence}`, 4)),
  ])

const HEADER = ['PEER', 'NEIGHBOR', 'AS', 'VRF', 'LOCAL-PREF', 'COMMUNITIES', 'ADVERTISEMENT']

function peerLines(peers: readonly HeardBy[]): string[] {
  if (peers.length === 0) return ['    no peer of this node hears it']
  const rows = peers.map(peerRow)
  const lines = table(HEADER, rows).split('\n')
  if (lines.every((line) => line.length + 4 <= WIDTH)) return lines.map((line) => `    ${line}`)
  return rows.flatMap(peerList)
}

/** The same row as a paragraph: `PEER r1, NEIGHBOR 10.0.0.1, …` */
function peerList(row: readonly string[]): string[] {
  const named = HEADER.map((title, at) => [title, row[at] ?? ''] as const)
  const told = named.filter(([, cell]) => cell !== '').map(([title, cell]) => `${title} ${cell}`)
  return hanging(told.join(', '), 4)
}

const peerRow = (heard: HeardBy): string[] => [
  heard.peer,
  heard.neighbor,
  heard.remoteAs,
  heard.vrf ?? '',
  heard.localPref === undefined ? '' : String(heard.localPref),
  [...heard.communities, ...heard.largeCommunities].join(' '),
  heard.advertisements.join(' '),
]

const item = (text: string): string[] => hanging(text, 2)

/** Broken between words; what follows the first line stands two columns further in. */
function hanging(text: string, indent: number): string[] {
  const [first = '', ...more] = wrap(text, WIDTH - indent - 2)
  const margin = ' '.repeat(indent)
  return [margin + first, ...more.map((line) => `${margin}  ${line}`)]
}
