// The package that ships, built for one run: the sources would be measured with the loader of TypeScript,
// which costs tens of megabytes and most of the start.
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildBundle } from '../src/cmd/build.ts'

export interface Program extends AsyncDisposable {
  /** What node is to run. */
  readonly entry: string
  /** A file that runs as it is; `shebang` instead of its own first line, to compare options of node. */
  command(shebang?: string): Promise<string>
}

const ROOT = join(import.meta.dirname, '..')

export async function buildProgram(): Promise<Program> {
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-program-'))
  await buildBundle(join(dir, 'dist'))
  // The bundle looks for its templates beside its folder, as in a package.
  for (const name of ['templates', 'package.json']) await symlink(join(ROOT, name), join(dir, name))
  let commands = 0
  return {
    entry: join(dir, 'dist/main.js'),
    command: async (shebang) => {
      const text = await readFile(join(ROOT, 'bin/ferrule.js'), 'utf8')
      // It looks for the bundle one level up. A link would find the sources.
      const bin = join(dir, `bin-${commands++}`)
      await mkdir(bin)
      const path = join(bin, 'ferrule.js')
      const lines = shebang ? text.replace(/^#!.*/, `#!/usr/bin/env -S ${shebang}`) : text
      await writeFile(path, lines, { mode: 0o755 })
      return path
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
}
