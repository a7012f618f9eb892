// The bundle that ships, built for one run: the sources would be measured with the loader of TypeScript,
// which costs tens of megabytes and most of the start.
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildBundle } from '../src/cmd/build.ts'

export interface Program extends AsyncDisposable {
  /** What node is to run. */
  readonly entry: string
}

export async function buildProgram(): Promise<Program> {
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-program-'))
  await buildBundle(join(dir, 'dist'))
  // The bundle looks for its templates beside its folder, as in a package.
  await symlink(join(import.meta.dirname, '../templates'), join(dir, 'templates'))
  return {
    entry: join(dir, 'dist/main.js'),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
}
