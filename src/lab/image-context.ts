// What each image is built from: the files of the repository that its Dockerfile may copy, laid out in a
// folder of their own (a build must not see half of somebody else's bundle), and a fingerprint of their
// sources that says whether an image is stale.
import { createHash } from 'node:crypto'
import { cp, glob, mkdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { execa } from 'execa'

const ROOT = join(import.meta.dirname, '../..')

export type ImageName = 'ferrule' | 'ferrule-frr'

interface Recipe {
  /** Of the repository: what decides on the image's content. */
  readonly sources: readonly string[]
  /** What a build copies as it is. */
  readonly copies: readonly string[]
  readonly bundle: boolean
}

export const RECIPES: Readonly<Record<ImageName, Recipe>> = {
  'ferrule-frr': {
    sources: ['images/debian/**', 'images/frr/**'],
    copies: ['images/debian', 'images/frr', '.dockerignore'],
    bundle: false,
  },
  ferrule: {
    sources: [
      ...['images/debian/**', 'images/ferrule/**', 'src/**', 'bin/**', 'templates/**'],
      ...['manifests/**', 'package.json', 'package-lock.json', 'LICENSE', '.dockerignore'],
    ],
    copies: [
      ...['images/debian', 'images/ferrule', 'bin', 'templates', 'manifests', 'package.json'],
      ...['LICENSE', '.dockerignore', 'node_modules/node/bin/node'],
    ],
    bundle: true,
  },
}

export const dockerfile = (name: ImageName): string =>
  name === 'ferrule' ? 'images/ferrule/Dockerfile' : 'images/frr/Dockerfile'

/** Of names and contents; tests never ship. Machines of another kind build other images. */
export async function fingerprint(name: ImageName, root = ROOT): Promise<string> {
  const hash = createHash('sha256').update(process.arch)
  for (const path of await filesOf(RECIPES[name].sources, root)) {
    const content = createHash('sha256').update(await readFile(join(root, path)))
    hash.update(`\n${path} ${content.digest('hex')}`)
  }
  return hash.digest('hex').slice(0, 32)
}

async function filesOf(patterns: readonly string[], root: string): Promise<string[]> {
  const files: string[] = []
  for await (const entry of glob([...patterns], { cwd: root, withFileTypes: true })) {
    if (!entry.isFile() || entry.name.endsWith('.test.ts')) continue
    files.push(relative(root, join(entry.parentPath, entry.name)))
  }
  return files.sort()
}

export async function stageContext(name: ImageName, dir: string): Promise<void> {
  for (const path of RECIPES[name].copies) {
    await mkdir(dirname(join(dir, path)), { recursive: true })
    await cp(join(ROOT, path), join(dir, path), { recursive: true })
  }
  if (!RECIPES[name].bundle) return
  // The program that `npm run build` runs: what it needs is there in a checkout only.
  const build = join(ROOT, 'src/cmd/build.ts')
  await execa(process.execPath, [build, join(dir, 'dist')], { cwd: ROOT })
}

/** Which Ferrule the files are: its version, and the commit where git knows. */
export async function identity(): Promise<{ version: string; commit?: string }> {
  const text = await readFile(join(ROOT, 'package.json'), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  const argv = ['-C', ROOT, 'rev-parse', 'HEAD']
  const { stdout, failed } = await execa('git', argv, { reject: false })
  return { version, ...(failed ? {} : { commit: stdout }) }
}
