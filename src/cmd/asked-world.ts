// One look at the objects, for the commands that answer and exit. A folder is shown as it will be when
// the controller has given its addresses; a cluster as it stands, with what is pending still pending.
import { nearest } from '../config/nearest.ts'
import type { Problem } from '../config/problem.ts'
import { openFolder } from '../kube/folder.ts'
import { Snapshot } from '../kube/snapshot.ts'
import type { Change } from '../kube/source.ts'
import { isUnread } from '../kube/unread.ts'
import { type ControllerPlan, planController } from '../reconciler/controller.ts'
import type { Holders } from '../reconciler/ownership.ts'
import { settled } from '../reconciler/settled.ts'
import type { World } from '../reconciler/world.ts'
import { UsageError } from './flags.ts'
import { accessTo, type Where } from './where.ts'

export interface Asked {
  readonly changes: readonly Change[]
  /** Of the source: files that are no YAML, kinds that may not be read. */
  readonly problems: readonly Problem[]
  /** How many objects were read. */
  readonly count: number
  /** Who says that it answers for what; absent where it may not be read, or nobody says it. */
  readonly holders?: Holders | undefined
}

export interface AskedFor {
  /** A controller plans without endpoints, so they are not read. */
  readonly role: 'controller' | 'speaker'
  /** The namespace of the one Service in question. */
  readonly within?: string
  /** The one node in question. */
  readonly node?: string
  readonly isHoldersAsked?: boolean
  readonly signal: AbortSignal
}

export async function readObjects(flags: Where, asked: AskedFor): Promise<Asked> {
  return flags.objects === '' ? await readCluster(flags, asked) : await readFolder(flags)
}

async function readFolder({ objects, namespace, context }: Where): Promise<Asked> {
  if (context !== '') throw new UsageError('--context is of a cluster, --objects names a folder')
  const onError = (error: Error) => {
    throw error
  }
  await using folder = openFolder({ dir: objects, namespace, onError, watch: false })
  const changes = folder.takeChanges()
  return { changes, problems: folder.problems(), count: changes.length }
}

async function readCluster(flags: Where, asked: AskedFor): Promise<Asked> {
  // Loaded only here: a folder needs nothing of it.
  const { openClient } = await import('../kube/client.ts')
  const { kindsOf } = await import('../kube/cluster.ts')
  const { listOnce } = await import('../kube/list-once.ts')
  const { problemOf, standIns } = await import('../kube/unread.ts')
  const { listHolders } = await import('../kube/holders.ts')
  const { role, node = '', isHoldersAsked = false, signal } = asked
  using client = openClient(await accessTo(flags))
  const { namespace } = flags
  const listed = await listOnce({ ...asked, client, namespace, kinds: kindsOf(role) })
  const { changes, unread } = listed
  const holders = isHoldersAsked ? await listHolders({ client, namespace, signal }) : undefined
  return {
    changes: [...changes, ...standIns(changes, unread, node)],
    problems: unread.map(problemOf),
    count: changes.length,
    holders,
  }
}

export interface AskedWorld {
  readonly world: World
  readonly allocation: ControllerPlan
  /** What could not be read, and what that means; also among the problems of the world. */
  readonly unread: readonly Problem[]
  /** A cluster: somebody else writes what the plan says. */
  readonly isLive: boolean
  readonly holders?: Holders | undefined
}

export interface AskedWorldFlags extends Where {
  readonly lbClass: string
  readonly nodeName: string
}

export async function readWorld(
  flags: AskedWorldFlags,
  asked: Pick<AskedFor, 'within' | 'signal' | 'isHoldersAsked'>,
): Promise<AskedWorld> {
  const { namespace, lbClass, nodeName } = flags
  const { changes, problems, holders } = await readObjects(flags, {
    ...asked,
    ...{ role: 'speaker', node: nodeName },
  })
  const unread = problems.filter(isUnread)
  // Without any Service there is nothing to say; where the one in question could be read, there is.
  const services = unread.find(({ name }) => name === 'services')
  if (services && !changes.some(({ ref }) => ref.kind === 'Service')) {
    throw new Error(`Services cannot be read: ${services.message}`)
  }
  const snapshot = new Snapshot({ namespace, lbClass })
  snapshot.update(changes, problems)
  const world = snapshot.world(Date.now())
  const allocation = planController(world)
  const isLive = flags.objects === ''
  const settledWorld = isLive ? world : settled(world, allocation)
  return { allocation, unread, isLive, holders, world: settledWorld }
}

/** The node named, or the only one there is. */
export function nodeIn(world: World, name: string): string {
  const known = [...world.nodes.keys()]
  if (name !== '') {
    // A plain host without Node objects is a node by its name alone.
    if (known.length === 0 || world.nodes.has(name)) return name
    throw new UsageError(`no node "${name}" among the objects; ${thereIs(name, known)}`)
  }
  if (known.length === 1) return known[0]!
  throw new UsageError(
    known.length === 0
      ? 'say which node: --node NAME'
      : `say which node: --node NAME, one of ${listed(known)}`,
  )
}

function thereIs(name: string, known: readonly string[]): string {
  const guess = nearest(name, known)
  return guess ? `did you mean "${guess}"?` : `there is ${listed(known)}`
}

const LISTED_MAX = 12

const listed = (names: readonly string[]): string =>
  names.length <= LISTED_MAX
    ? names.join(', ')
    : `${names.slice(0, LISTED_MAX).join(', ')} and ${names.length - LISTED_MAX} more`
