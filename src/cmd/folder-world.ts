// One look at a folder of objects, for the commands that answer and exit: the world as it will be
// when the controller has given its addresses, and the plan by which it gives them.
import { openFolder } from '../kube/folder.ts'
import { Snapshot } from '../kube/snapshot.ts'
import { type ControllerPlan, planController } from '../reconciler/controller.ts'
import { settled } from '../reconciler/settled.ts'
import type { World } from '../reconciler/world.ts'
import { UsageError } from './flags.ts'

export interface FolderWorld {
  readonly world: World
  readonly allocation: ControllerPlan
}

export interface FolderWorldOptions {
  /** `--objects` */
  readonly objects: string
  readonly namespace: string
  readonly lbClass: string
}

export async function readFolderWorld(options: FolderWorldOptions): Promise<FolderWorld> {
  const { objects, namespace, lbClass } = options
  if (objects === '') throw new UsageError('say where the objects are: --objects DIR')
  const onError = (error: Error) => {
    throw error
  }
  await using folder = openFolder({ dir: objects, namespace, onError, watch: false })
  const snapshot = new Snapshot({ namespace, lbClass })
  snapshot.update(folder.takeChanges(), folder.problems())
  const world = snapshot.world(Date.now())
  const allocation = planController(world)
  return { world: settled(world, allocation), allocation }
}

/** The node named, or the only one there is. */
export function nodeIn(world: World, name: string): string {
  const known = [...world.nodes.keys()]
  if (name !== '') {
    // A plain host without Node objects is a node by its name alone.
    if (known.length === 0 || world.nodes.has(name)) return name
    throw new UsageError(`no node "${name}" among the objects; there is ${known.join(', ')}`)
  }
  if (known.length === 1) return known[0]!
  throw new UsageError(
    known.length === 0
      ? 'say which node: --node NAME'
      : `say which node: --node NAME, one of ${known.join(', ')}`,
  )
}
