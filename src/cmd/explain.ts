// `ferrule explain service NS/NAME`: one Service from its pool to every router, with the reason
// wherever the chain ends.
import { type Problem, printProblem } from '../config/problem.ts'
import type { ServiceDecision } from '../reconciler/controller.ts'
import {
  type Explanation,
  explainService,
  type HeardBy,
  type NodeExplanation,
} from '../reconciler/explain.ts'
import { printPlan } from '../reconciler/print.ts'
import { CONTROLLER_REASONS } from '../reconciler/reasons.ts'
import { parseFlags, truth, UsageError } from './flags.ts'
import { readFolderWorld } from './folder-world.ts'
import type { Help } from './help.ts'
import { node, shared } from './role-flags.ts'
import { table } from './table.ts'

const { objects, namespace, lbClass, logLevel } = shared
const { nodeName, ignoreExcludeLb } = node
const json = truth('The same for machines.')
const flags = { objects, nodeName, json, namespace, lbClass, logLevel, ignoreExcludeLb }

export const help: Help = {
  usage: 'explain --objects DIR service NAMESPACE/NAME [--node NAME] [--json]',
  about:
    'Follows a Service from its pool to every router: which address it has and why, and for each node what it announces to whom, or why not. --node asks about one node only.',
  flags,
}

export async function run(args: string[]): Promise<number> {
  const { flags: given, rest } = parseFlags(flags, args)
  const service = serviceOf(rest)
  const { world, allocation } = await readFolderWorld(given)
  if (!world.services.has(service)) {
    throw new UsageError(
      `no Service "${service}" among the objects${near(service, world.services)}`,
    )
  }
  const nodes = given.nodeName !== '' ? [given.nodeName] : [...world.nodes.keys()]
  const explanation = explainService({
    world: { ...world, ...given },
    decisions: allocation.decisions,
    service,
    nodes,
  })
  const text = given.json ? printPlan(explanation) : printExplanation(explanation, world.problems)
  process.stdout.write(`${text}\n`)
  return 0
}

function serviceOf([what, name, ...more]: readonly string[]): string {
  if (what !== 'service' || name === undefined || more.length > 0) {
    throw new UsageError('say what to explain: service NAMESPACE/NAME')
  }
  return name.includes('/') ? name : `default/${name}`
}

function near(service: string, services: ReadonlyMap<string, unknown>): string {
  const name = service.slice(service.indexOf('/') + 1)
  const same = [...services.keys()].filter((key) => key.endsWith(`/${name}`))
  return same.length > 0 ? `; there is ${same.join(', ')}` : ''
}

export function printExplanation(
  { service, allocation, nodes }: Explanation,
  problems: readonly Problem[],
): string {
  const lines = [`Service ${service}`, '', ...addressLines(allocation)]
  for (const one of nodes) lines.push('', ...nodeLines(one))
  if (nodes.length === 0) lines.push('', 'There are no Node objects; ask about one with --node.')
  if (problems.length > 0) {
    lines.push('', 'Objects that do not count as they are written:')
    lines.push(...problems.map((problem) => `  ${printProblem(problem)}`))
  }
  return lines.join('\n')
}

function addressLines(decision: ServiceDecision | undefined): string[] {
  if (!decision) return ['Address: none; this Service is not ours to serve.']
  const { addresses, pool, sentence, considered } = decision
  const lines =
    addresses.length > 0
      ? [`Address: ${addresses.join(', ')}${pool ? ` from pool ${pool}` : ''}`]
      : ['Address: <pending>']
  if (sentence) lines.push(`  ${sentence}`)
  if (addresses.length > 0) return lines
  return [
    ...lines,
    ...considered.map((one) => `  pool ${one.pool}: ${CONTROLLER_REASONS[one.because]}`),
  ]
}

function nodeLines({ node: name, announced, sentence, routes }: NodeExplanation): string[] {
  if (!announced) return [`Node ${name}: not announced, ${sentence}`]
  const lines = [`Node ${name}: announced over BGP`]
  for (const { prefix, peers, notTo } of routes) {
    lines.push(`  ${prefix}`)
    const rows = peers.map(peerRow)
    const header = ['PEER', 'NEIGHBOR', 'AS', 'VRF', 'LOCAL-PREF', 'COMMUNITIES', 'ADVERTISEMENT']
    lines.push(
      ...(rows.length > 0
        ? table(header, rows)
            .split('\n')
            .map((line) => `    ${line}`)
        : ['    no peer of this node hears it']),
    )
    lines.push(...notTo.map((one) => `    not to ${one.peer}: ${one.sentence}`))
  }
  return lines
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
