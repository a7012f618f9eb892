// What `ferrule check` says of a cluster: its objects into a folder, as `kubectl get` prints them, and
// the command on that folder, as a person would do it.
import { join } from 'node:path'
import { execa } from 'execa'
import type { RawObject } from '../../../src/api/kinds.ts'
import type { Problem } from '../../../src/config/problem.ts'
import { temporaryFolder } from '../../support/folder.ts'
import type { Cluster } from './cluster.ts'
import { printed } from './wrong-objects.ts'

const MAIN = join(import.meta.dirname, '../../../src/main.ts')
const KINDS = [
  ...['ipaddresspools', 'addresspools', 'bgppeers', 'bgpadvertisements', 'l2advertisements'],
  ...['communities', 'bfdprofiles', 'secrets', 'configmaps', 'nodes', 'namespaces'],
]

/** All that the configuration is made of. */
export async function configurationOf({ server }: Cluster): Promise<readonly RawObject[]> {
  return JSON.parse(await server.kubectl('get', KINDS.join(), '-A', '-o', 'json')).items
}

export async function asChecked(cluster: Cluster): Promise<readonly Problem[]> {
  using folder = temporaryFolder({ 'objects.yaml': printed(await configurationOf(cluster)) })
  const args = [MAIN, 'check', '--objects', folder.dir, '--json']
  const { stdout, stderr, exitCode } = await execa(process.execPath, args, { reject: false })
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`ferrule check: ${stderr}`)
  return JSON.parse(stdout)
}
