import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { generatedFiles, staleFiles, writeChanges } from './generate.ts'

const never = new AbortController().signal
const crd = { path: 'manifests/crds/a.yaml', content: 'a: 1\n' }
const page = { path: 'docs/reference/a.md', content: '# a\n' }

async function tree(files: Record<string, string> = {}) {
  const root = await mkdtemp(join(tmpdir(), 'generate-'))
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), content)
  }
  const stale = async (...wanted: { path: string; content: string }[]) =>
    (await staleFiles(root, wanted)).map(({ path }) => path)
  return { root, stale, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
}

test('in an empty tree everything is stale, and looking writes nothing', async () => {
  await using files = await tree()
  assert.deepEqual(await files.stale(crd, page), [crd.path, page.path])
  assert.deepEqual(await readdir(files.root), [])
})

test('after writing nothing is stale', async () => {
  await using files = await tree()
  await writeChanges(files.root, await staleFiles(files.root, [crd, page]), never)
  assert.equal(await readFile(join(files.root, crd.path), 'utf8'), crd.content)
  assert.deepEqual(await files.stale(crd, page), [])
})

test('only what changed is written', async () => {
  await using files = await tree({ [crd.path]: crd.content, [page.path]: 'old' })
  const before = await stat(join(files.root, crd.path), { bigint: true })
  const changes = await staleFiles(files.root, [crd, page])
  assert.deepEqual(changes, [page])
  await writeChanges(files.root, changes, never)
  const after = await stat(join(files.root, crd.path), { bigint: true })
  assert.equal(after.mtimeNs, before.mtimeNs)
})

test('a file that is no longer generated goes; one that somebody wrote stays', async () => {
  const gone = 'docs/reference/gone.md'
  const own = 'docs/reference/own.md'
  const [marked] = generatedFiles()
  await using files = await tree({ [gone]: marked!.content, [own]: '# mine\n' })
  const changes = await staleFiles(files.root, [])
  assert.deepEqual(changes, [{ path: gone }])
  await writeChanges(files.root, changes, never)
  assert.deepEqual(await readdir(join(files.root, 'docs/reference')), ['own.md'])
})

test('stopping stops the writing', async () => {
  await using files = await tree()
  const changes = await staleFiles(files.root, [crd])
  await assert.rejects(writeChanges(files.root, changes, AbortSignal.abort()), /aborted/)
})

test('generated paths are distinct, and the definitions are YAML that reads back', () => {
  const files = generatedFiles()
  assert.equal(new Set(files.map(({ path }) => path)).size, files.length)
  const crds = files.filter(({ path }) => path.startsWith('manifests/crds/'))
  assert.equal(crds.length, 12)
  for (const { path, content } of crds) {
    const { metadata } = parse(content)
    const [plural, ...group] = metadata.name.split('.')
    assert.equal(path, `manifests/crds/${group.join('.')}_${plural}.yaml`)
  }
})
