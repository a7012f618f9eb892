// The text of an explanation, for a terminal of a hundred columns: what nodes have in common is said
// once, and what does not fit into a table stands one below the other.
import { type Problem, printProblem } from '../config/problem.ts'
import type { AnnounceReason, PeerReason } from '../reconciler/announce-reasons.ts'
import type { ServiceDecision } from '../reconciler/controller.ts'
import type {
  Explanation,
  HeardBy,
  Layer2Explanation,
  Layer2OnNode,
  NodeExplanation,
} from '../reconciler/explain.ts'
import { CONTROLLER_REASONS, type ControllerReason } from '../reconciler/reasons.ts'
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
  { service, allocation, nodes, layer2 }: Explanation,
  { problems, unread, isLive }: Beside,
): string {
  const doubt = doubtOf(unread)
  const lines = [`Service ${service}`, '', ...addressLines(allocation, isLive, doubt)]
  for (const alike of Map.groupBy(nodes, (one) => whatOf(one, doubt)).values()) {
    const not = layer2 ? 'not announced over BGP' : 'not announced'
    lines.push('', ...titleOf(alike, not, doubt), ...routeLines(alike[0]!, doubt))
  }
  if (layer2) lines.push('', ...layer2Lines(layer2, doubtOf(unread, 'l2advertisements')))
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

type Reason = AnnounceReason | PeerReason | ControllerReason
/** What follows a reason that might be another one, had everything been read; mostly nothing. */
type Doubt = (because: Reason | undefined) => string

/** Of the protocol that is spoken about. */
const ADVERTISEMENTS = 'advertisements'

/** Reasons that come of not knowing objects as well as of knowing them. */
const NEEDED: { readonly [R in Reason]?: readonly string[] } = {
  nodeNotSelected: ['nodes'],
  notOwner: ['nodes', ADVERTISEMENTS],
  noMatchingAdvertisement: ['nodes', ADVERTISEMENTS],
  notInAdvertisement: ['nodes', ADVERTISEMENTS],
  otherOwner: ['nodes', 'endpointslices', ADVERTISEMENTS],
  noSuchNode: ['nodes'],
  noPeers: ['nodes', 'bgppeers'],
  namespaceNotSelected: ['namespaces'],
  noPoolFits: ['namespaces', 'ipaddresspools'],
  noPools: ['ipaddresspools'],
  unknownPool: ['ipaddresspools'],
  addressNotInPool: ['ipaddresspools'],
  ipNotAllowed: ['ipaddresspools'],
}

function doubtOf(
  unread: readonly Problem[],
  advertisements: 'bgpadvertisements' | 'l2advertisements' = 'bgpadvertisements',
): Doubt {
  const missing = new Set(unread.map(({ name }) => name))
  const isMissing = (kind: string) => missing.has(kind === ADVERTISEMENTS ? advertisements : kind)
  return (because) => {
    const needed = (because && NEEDED[because])?.filter(isMissing) ?? []
    const found = needed.map((kind) => (kind === ADVERTISEMENTS ? advertisements : kind))
    return found.length > 0 ? ` (in doubt: ${found.join(' and ')} could not be read)` : ''
  }
}

function addressLines(
  decision: ServiceDecision | undefined,
  isLive: boolean,
  doubt: Doubt,
): string[] {
  if (!decision) return ['Address: none; this Service is not ours to serve.']
  const { addresses, fresh, pool, because, sentence, considered, lost } = decision
  const due = isLive ? fresh : []
  const held = addresses.filter((one) => !due.includes(one))
  const from = pool === undefined ? '' : ` from pool ${pool}`
  const lines = [`Address: ${held.length > 0 ? `${held.join(', ')}${from}` : '<pending>'}`]
  if (due.length > 0) {
    lines.push(...item(`the controller is to give it ${due.join(', ')}${from}, and has not yet`))
  }
  if (sentence) lines.push(...item(sentence + doubt(because)))
  if (lost) {
    const why = lost.sentence + doubt(lost.because)
    lines.push(...item(`to be given up: ${lost.addresses.join(', ')}; ${why}`))
  }
  if (addresses.length > 0) return lines
  const reasons = considered.map(
    (one) => `pool ${one.pool}: ${CONTROLLER_REASONS[one.because]}${doubt(one.because)}`,
  )
  return [...lines, ...reasons.flatMap(item)]
}

/** Equal for nodes of which the same is to be said. */
const whatOf = ({ sentence = '', ...node }: NodeExplanation, doubt: Doubt): string =>
  [sentence, ...routeLines(node, doubt)].join('\n')

function titleOf(alike: readonly NodeExplanation[], not: string, doubt: Doubt): string[] {
  const { announced, because, sentence = '' } = alike[0]!
  const what = announced ? 'announced over BGP' : `${not}, ${sentence}${doubt(because)}`
  return hanging(`${namesOf(alike)}: ${what}`, 0)
}

function namesOf(nodes: readonly { readonly node: string }[]): string {
  const names = nodes.map(({ node }) => node).join(', ')
  return `${nodes.length === 1 ? 'Node' : 'Nodes'} ${names}`
}

function layer2Lines(explanation: Layer2Explanation, doubt: Doubt): string[] {
  const { owner, isAssumed, nodes } = explanation
  const here = nodes.find(({ answers }) => answers)
  const others = nodes.filter(({ answers }) => !answers)
  const lines = hanging(`Layer 2: ${whoAnswers(here, owner)}`, 0)
  lines.push(...saidLines(explanation))
  for (const alike of Map.groupBy(others, ({ because }) => because).values()) {
    const { because, sentence = '' } = alike[0]!
    lines.push(...item(`${namesOf(alike)}: ${sentence}${doubt(because)}`))
  }
  const isElected = owner !== undefined && isAssumed
  return isElected ? [...lines, ...item(ASSUMED)] : lines
}

/** Where what the nodes say is something else than what the hash elects. */
function saidLines({ owner, answering }: Layer2Explanation): string[] {
  if (!answering || answering.join() === (owner ?? '')) return []
  if (answering.length === 0) return item('No node says that it answers (no ServiceL2Status does).')
  const many = answering.length > 1
  const who = `${many ? 'Nodes' : 'Node'} ${answering.join(', ')}`
  const what = many ? 'say that they answer' : 'says that it answers'
  return item(
    `${who} ${what} (ServiceL2Status). With --l2-ownership=sticky or spread an address stays with the node that has it.`,
  )
}

const ASSUMED =
  'This assumes that the speaker of every node lives; which ones do, they tell only each other.'

function whoAnswers(here: Layer2OnNode | undefined, owner: string | undefined): string {
  if (!here) return owner === undefined ? 'no node answers' : `node ${owner} is elected to answer`
  const { node, interfaces } = here
  const where = interfaces.length === 0 ? 'all its interfaces' : interfaces.join(', ')
  return `node ${node} answers, on ${where}`
}

const routeLines = ({ routes }: Pick<NodeExplanation, 'routes'>, doubt: Doubt): string[] =>
  routes.flatMap(({ prefix, peers, notTo }) => [
    `  ${prefix}`,
    ...peerLines(peers),
    ...notTo.flatMap((one) =>
      hanging(`not to ${one.peer}: ${one.sentence}${doubt(one.because)}`, 4),
    ),
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
