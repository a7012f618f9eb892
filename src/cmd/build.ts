// `npm run build`: what ships is dist/, which needs no node_modules around it: main.js, a chunk for what
// is loaded only when it is asked for (reading a kubeconfig alone brings 15 MB), the thread of layer 2,
// and koffi as the package it is, for machine code cannot be bundled. It starts in a third of the CPU
// time and 40 MB less memory than the sources do. Templates stay files beside it.
import { cp, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Plugin } from 'esbuild'
import { bundledFolders, describePackages } from './bundled-packages.ts'

/** zod brings its messages in 50 languages; ours are our own. Of the memory of a role they were 1.2 MB. */
const ENGLISH_ONLY: Plugin = {
  name: 'english-only',
  setup(build) {
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, ({ path }) => ({
      contents: "export { default as en } from './en.js'",
      resolveDir: dirname(path),
    }))
  },
}

const ROOT = join(import.meta.dirname, '../..')

export async function buildBundle(outdir = join(ROOT, 'dist')): Promise<void> {
  // A development dependency: a package without it can do everything but this.
  const { build } = await import('esbuild')
  await rm(outdir, { recursive: true, force: true })
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: {
      main: join(ROOT, 'src/main.ts'),
      // The name that src/l2/thread.ts looks for.
      'layer2-worker': join(ROOT, 'src/l2/worker.ts'),
    },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    minifySyntax: true,
    // Node keeps the text of what it runs. Names stay, for they stand in stack traces.
    minifyWhitespace: true,
    plugins: [ENGLISH_ONLY],
    sourcemap: true,
    metafile: true,
    // esbuild is never shipped: it builds what ships.
    external: ['esbuild', 'koffi'],
    // Packages written for CommonJS ask for node's own modules by `require`.
    banner: {
      js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  // Where src/status/page-files.ts looks for it.
  await cp(join(ROOT, 'src/status/page'), join(outdir, 'page'), {
    recursive: true,
    filter: (path) => !path.endsWith('tsconfig.json'),
  })
  await shipKoffi(join(outdir, 'node_modules'))
  const folders = [...bundledFolders(metafile), ...(await koffiFolders())]
  const packages = await describePackages(ROOT, folders)
  await writeFile(join(outdir, 'packages.json'), `${JSON.stringify(packages, null, 2)}\n`)
}

/** What of it runs, and the binaries that `npm ci` chose for this machine. */
async function shipKoffi(outdir: string): Promise<void> {
  const parts = [
    'package.json',
    'LICENSE.txt',
    'index.js',
    'src/koffi/index.js',
    'src/koffi/src/static.js',
  ]
  const packages = join(ROOT, 'node_modules')
  for (const part of [...parts.map((part) => join('koffi', part)), '@koromix']) {
    await cp(join(packages, part), join(outdir, part), { recursive: true })
  }
}

async function koffiFolders(): Promise<string[]> {
  const binaries = await readdir(join(ROOT, 'node_modules/@koromix'))
  return ['node_modules/koffi', ...binaries.map((name) => `node_modules/@koromix/${name}`)]
}

if (import.meta.main) await buildBundle(process.argv[2])
