// Which npm packages a bundle holds, as esbuild tells it: those of which a byte came through. Who lists the
// parts of what ships (src/lab/sbom.ts) reads it from beside the bundle.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

export interface BundledPackage {
  readonly name: string
  readonly version: string
  /** As the package says it, mostly an SPDX expression. */
  readonly license?: string
}

/** `node_modules/a/node_modules/@b/c/x.js` is of the package in `node_modules/a/node_modules/@b/c`. */
const PACKAGE = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

/** Folders of packages, relative to the repository. */
export function bundledFolders({ outputs }: Pick<Metafile, 'outputs'>): string[] {
  const inputs = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : [],
    ),
  )
  const folders = inputs.flatMap((path) => PACKAGE.exec(path)?.[0] ?? [])
  return [...new Set(folders)].sort()
}

export async function describePackages(
  root: string,
  folders: readonly string[],
): Promise<BundledPackage[]> {
  return await Promise.all(folders.map((folder) => describePackage(join(root, folder))))
}

async function describePackage(folder: string): Promise<BundledPackage> {
  const text = await readFile(join(folder, 'package.json'), 'utf8')
  const { name, version, license } = JSON.parse(text) as BundledPackage
  return { name, version, ...(typeof license === 'string' ? { license } : {}) }
}
