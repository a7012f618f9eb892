// The FRRs that every net test runs with: this machine's, and the newer one that `npm run setup`
// unpacks. A missing one is skipped and says how to get it; with CI=true it fails the run.
import { execa } from 'execa'
import { frrRoot, frrRootVersion } from '../../../src/lab/frr-root.ts'
import { anyExists } from '../../../src/lab/packages.ts'

export interface FrrVersion {
  readonly name: string
  /** Directory it is unpacked under, when it is not the machine's own. */
  readonly root?: string
  /** Why it cannot be tested. */
  readonly missing?: string
}

export async function frrVersions(env = process.env): Promise<FrrVersion[]> {
  if (process.getuid?.() !== 0) return [{ name: 'FRR', missing: 'network namespaces need root' }]
  return [await ownFrr(), await unpackedFrr(frrRoot(env))]
}

/** For `test` and `suite`: why to skip, or false. In CI nothing is skipped. */
export const skipOf = ({ missing }: FrrVersion, env = process.env): string | false =>
  missing !== undefined && env.CI !== 'true' ? missing : false

/** For the start of a suite that was not skipped. */
export function assertThere({ missing }: FrrVersion): void {
  if (missing !== undefined) throw new Error(missing)
}

const BGPD = '/usr/lib/frr/bgpd'

async function ownFrr(): Promise<FrrVersion> {
  if (!(await anyExists([BGPD]))) {
    return { name: 'FRR', missing: `there is no ${BGPD}: run npm run setup` }
  }
  const { stdout } = await execa(BGPD, ['--version'])
  return { name: `FRR ${/version (\S+)/.exec(stdout)?.[1] ?? 'of this machine'}` }
}

async function unpackedFrr(root: string): Promise<FrrVersion> {
  const version = await frrRootVersion(root)
  if (version) return { name: `FRR ${version}`, root }
  return { name: 'FRR 10', missing: `there is no FRR under ${root}: run npm run setup` }
}
