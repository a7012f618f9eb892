#!/usr/bin/env -S MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=131072 node --expose-gc --max-semi-space-size=2 --initial-old-space-size=32 --heap-growing-percent=80
// Starts Ferrule under Node 24 (the npm package `node`, a dependency), whatever Node called us:
// TypeScript runs as it is from a checkout, the bundle from a package. The line above saves a speaker
// 65 MB after a burst of Services, and is the one place that says how (docs/adr/0006-memory.md).
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const bundle = join(root, 'dist/main.js')
const source = join(root, 'src/main.ts')
const entry = existsSync(source) ? source : bundle

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(entry)
} else {
  const node = join(
    dirname(createRequire(import.meta.url).resolve('node/package.json')),
    'bin/node',
  )
  const args = [...process.execArgv, entry, ...process.argv.slice(2)]
  const child = spawn(node, args, { stdio: 'inherit' })
  // The child owns the shutdown; we pass the signal on and leave with its exit code.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGQUIT', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)))
}
