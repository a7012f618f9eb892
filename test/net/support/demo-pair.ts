// The demo with one node and one of its two routers: the node has a session that stands, and one that
// does not. For tests that ask FRR what people ask it.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attachFrr, type Frr } from '../../../src/lab/frr.ts'
import { Lab } from '../../../src/lab/lab.ts'
import { uniquePrefix } from '../../../src/lab/netns.ts'
import { demoTopology } from '../../../src/lab/topology.ts'
import { ROOT } from '../../support/source.ts'
import { worldOfFiles } from '../../support/world-of-files.ts'
import type { FrrVersion } from './frr-versions.ts'
import { Node, planOf } from './node.ts'

export interface DemoPair {
  readonly node: Frr
  readonly router: Frr
}

/** Ends with the stack. */
export async function openDemoPair(
  { root }: FrrVersion,
  stack: AsyncDisposableStack,
): Promise<DemoPair> {
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-trouble-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const demo = demoTopology()
  const topology = { ...demo, routers: demo.routers.slice(0, 1), nodes: demo.nodes.slice(0, 1) }
  const lab = stack.use(new Lab({ topology, dir, prefix: uniquePrefix('troub'), frrRoot: root }))
  await lab.buildNetwork()
  await lab.writeNodeObjects()
  const [spec] = topology.routers
  await lab.startRouter(spec!)
  const router = await attachFrr({ netns: lab.net.netns('r1'), dir: join(dir, 'r1'), listen: true })
  const node = stack.use(await Node.attach(await lab.startNode('n1')))
  const world = worldOfFiles(join(ROOT, 'manifests/samples/demo'), lab.objectsDir)
  assert.equal((await node.apply(planOf(world))).kind, 'applied')
  return { node: node.frr, router }
}
