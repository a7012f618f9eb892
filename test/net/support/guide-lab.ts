// The production guide's network, up: four routers in two data centres and three nodes, each node's
// FRR under its own plan of the guide's own objects.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Lab, type Router } from '../../../src/lab/lab.ts'
import { uniquePrefix } from '../../../src/lab/netns.ts'
import {
  bare,
  legOf,
  multiRouterTopology,
  routerPeers,
  type Topology,
} from '../../../src/lab/topology.ts'
import type { World } from '../../../src/reconciler/world.ts'
import { eventually } from '../../support/eventually.ts'
import { worldOfFiles } from '../../support/world-of-files.ts'
import { CASES } from './expectation.ts'
import type { FrrVersion } from './frr-versions.ts'
import { Node, planOf } from './node.ts'

export class GuideLab implements AsyncDisposable {
  readonly lab: Lab
  readonly routers: readonly Router[]
  readonly nodes: ReadonlyMap<string, Node>
  readonly #stack: AsyncDisposableStack

  /** The routers run this machine's FRR, the nodes the one under test. */
  static async open({ root }: FrrVersion): Promise<GuideLab> {
    await using stack = new AsyncDisposableStack()
    const dir = await mkdtemp(join(tmpdir(), 'ferrule-guide-'))
    stack.defer(() => rm(dir, { recursive: true, force: true }))
    const topology = guideTopology()
    const lab = stack.use(new Lab({ topology, dir, prefix: uniquePrefix('guide'), frrRoot: root }))
    await lab.buildNetwork()
    const routers = await Promise.all(topology.routers.map((spec) => lab.startRouter(spec)))
    for (const router of routers) await ready(topology, router)
    const nodes = new Map<string, Node>()
    for (const { name } of topology.nodes) {
      nodes.set(name, stack.use(await Node.attach(await lab.startNode(name))))
    }
    return new GuideLab(lab, { routers, nodes, stack: stack.move() })
  }

  constructor(
    lab: Lab,
    {
      routers,
      nodes,
      stack,
    }: Pick<GuideLab, 'routers' | 'nodes'> & { stack: AsyncDisposableStack },
  ) {
    this.lab = lab
    this.routers = routers
    this.nodes = nodes
    this.#stack = stack
  }

  /** Every node plans for itself, as speakers do. */
  async apply(world: World): Promise<('unchanged' | 'applied' | 'refused')[]> {
    const results = await Promise.all(
      [...this.nodes].map(([name, node]) => node.apply(planOf(world, name))),
    )
    return results.map(({ kind }) => kind)
  }

  /** Node → its address as this router sees it. */
  nodesAt({ spec }: Router): Map<string, string> {
    const { nodes } = this.lab.topology
    return new Map(nodes.map((node) => [node.name, bare(legOf(node, spec.lan).v4)]))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/**
 * An FRR that has just read its file resets every connection for four seconds, and a node that was
 * turned away comes back after two minutes. Its sessions with the other routers say when it is ready.
 */
async function ready(topology: Topology, { spec, state }: Router): Promise<void> {
  const others = routerPeers(topology, spec).map(({ address }) => address)
  await eventually(async () => {
    const sessions = (await state.sessions()).filter(({ peer }) => others.includes(peer))
    assert.deepEqual(
      sessions.filter(({ established }) => !established),
      [],
      `sessions of ${spec.name} with other routers`,
    )
    assert.equal(sessions.length, others.length)
  }, 30_000)
}

/** What the guide puts into its Secrets, which are the same for both data centres. */
const PASSWORD = 'your-secure-password'

function guideTopology(): Topology {
  const topology = multiRouterTopology()
  const routers = topology.routers.map((router) => ({ ...router, password: PASSWORD }))
  return { ...topology, routers }
}

/** The guide's complete configuration and its test Service, and one Service of policy Local. */
export const guideWorld = (): World =>
  worldOfFiles(join(CASES, 'guide-multi-router'), join(import.meta.dirname, 'guide-cluster'))

export function withoutService(world: World, key: string): World {
  return { ...world, services: new Map([...world.services].filter(([one]) => one !== key)) }
}
