import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bundledFolders } from './bundled-packages.ts'

const output = (inputs: Record<string, number>) => ({
  bytes: 0,
  imports: [],
  exports: [],
  inputs: Object.fromEntries(
    Object.entries(inputs).map(([path, bytesInOutput]) => [path, { bytesInOutput }]),
  ),
})

test('packages of a bundle: each once, nested and scoped ones too, none that left no byte', () => {
  const outputs = {
    'dist/main.js': output({
      'src/main.ts': 10,
      'node_modules/zod/v4/core.js': 5,
      'node_modules/zod/index.js': 0,
      'node_modules/pino/pino.js': 7,
      'node_modules/gone/index.js': 0,
    }),
    'dist/part.js': output({
      'node_modules/zod/v4/other.js': 5,
      'node_modules/@kubernetes/client-node/dist/index.js': 5,
      'node_modules/a/node_modules/@b/c/x.js': 1,
    }),
  }
  assert.deepEqual(bundledFolders({ outputs }), [
    'node_modules/@kubernetes/client-node',
    'node_modules/a/node_modules/@b/c',
    'node_modules/pino',
    'node_modules/zod',
  ])
})
