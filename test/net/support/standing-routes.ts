// A node with a thousand routes standing: what the tests of survival start from and must find unchanged.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNet, uniquePrefix } from '../../../src/lab/netns.ts'
import { serviceName, serviceText } from '../../support/many-services.ts'
import type { FrrVersion } from './frr-versions.ts'
import { NEIGHBOUR, WholeNode } from './whole-node.ts'

export const ROUTES = 1000
/** Few enough to be written quickly, so that a broken one holds many Services. */
export const FILES = 10
export const servicesFile = (at: number) => `services-${at}.yaml`

/** Everything it opens ends with the stack. */
export async function openStanding(
  version: FrrVersion,
  stack: AsyncDisposableStack,
): Promise<WholeNode> {
  const net = stack.use(await openNet(uniquePrefix('survive')))
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-survive-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const node = stack.use(await WholeNode.open({ net, name: 'n1', dir, root: version.root }))
  for (let at = 0; at < FILES; at++) await node.write(servicesFile(at), servicesText('web', at))
  await node.start()
  await node.hearing.counts(ROUTES)
  return node
}

/** The Services of one of the files. */
export function servicesText(prefix: string, file: number): string {
  const each = ROUTES / FILES
  const names = Array.from({ length: each }, (_, at) => serviceName(prefix, file * each + at))
  return names.map((name) => serviceText(name, NEIGHBOUR.node)).join('')
}
