// `ferrule explain`: one Service from its pool to every router, with the reason wherever the chain
// ends. How it reads is `explanation.ts`.
import { nearest } from '../config/nearest.ts'
import { explainService } from '../reconciler/explain.ts'
import { printPlan } from '../reconciler/print.ts'
import { type AskedWorld, nodeIn, readWorld } from './asked-world.ts'
import { printExplanation } from './explanation.ts'
import { parseFlags, truth, UsageError } from './flags.ts'
import type { Help } from './help.ts'
import { node, shared } from './role-flags.ts'
import { WHERE_USAGE, where } from './where.ts'

const { lbClass, logLevel } = shared
const { nodeName, ignoreExcludeLb } = node
const json = truth('The same for machines.')
const flags = { ...where, nodeName, json, lbClass, logLevel, ignoreExcludeLb }

export const help: Help = {
  usage: `explain [service] NAMESPACE/NAME [--node NAME] [--json] ${WHERE_USAGE}`,
  about:
    'Follows a Service from its pool to every router: which address it has and why, and for each node what it announces to whom, or why not, and which of them answers on layer 2. --node asks about one node only. Of a cluster it reads what you may read and says what you may not; --lb-class and --ignore-exclude-lb are to be as the roles there have them.',
  flags,
}

export async function run(args: string[], signal: AbortSignal): Promise<number> {
  const { flags: given, rest } = parseFlags(flags, args)
  const service = serviceOf(rest)
  const within = service.slice(0, service.indexOf('/'))
  const asked = { signal, within, isHoldersAsked: true }
  const { world, allocation, unread, isLive, holders } = await readWorld(given, asked)
  if (!world.services.has(service)) throw new UsageError(noSuch(service, world.services))
  const nodes = given.nodeName === '' ? [...world.nodes.keys()] : [nodeIn(world, given.nodeName)]
  const explanation = explainService({
    world: { ...world, ...given },
    decisions: allocation.decisions,
    ...{ service, nodes, holders },
  })
  const problems = world.problems.filter((problem) => !unread.includes(problem))
  const text = given.json
    ? printPlan(unread.length > 0 ? { ...explanation, unread } : explanation)
    : printExplanation(explanation, { problems, unread, isLive })
  process.stdout.write(`${text}\n`)
  return 0
}

/** The kind may stand before the name, as kubectl has it. */
function serviceOf(rest: readonly string[]): string {
  const [name, ...more] = rest[0] === 'service' ? rest.slice(1) : rest
  if (name === undefined || more.length > 0) {
    throw new UsageError('say what to explain: service NAMESPACE/NAME')
  }
  return name.includes('/') ? name : `default/${name}`
}

function noSuch(service: string, services: AskedWorld['world']['services']): string {
  const known = [...services.keys()]
  const name = service.slice(service.indexOf('/') + 1)
  const same = known.filter((key) => key.endsWith(`/${name}`))
  const guess = nearest(service, known)
  const asMeant = guess ? `; did you mean "${guess}"?` : ''
  const hint = same.length > 0 ? `; there is ${same.join(', ')}` : asMeant
  return `no Service "${service}" among the objects${hint}`
}
