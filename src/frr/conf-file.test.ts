import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeConf } from './conf-file.ts'

async function scratch() {
  const dir = await mkdtemp(join(tmpdir(), 'conf-'))
  const path = join(dir, 'frr.conf')
  return { dir, path, [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) }
}

test('the file is replaced whole, readable by its group and nobody else', async () => {
  await using at = await scratch()
  await writeFile(at.path, 'old', { mode: 0o666 })
  const before = await stat(at.path)
  await writeConf(at.dir, 'new\n')
  const after = await stat(at.path)
  assert.equal(await readFile(at.path, 'utf8'), 'new\n')
  assert.equal(after.mode & 0o777, 0o640)
  assert.notEqual(after.ino, before.ino)
  assert.deepEqual(await readdir(at.dir), ['frr.conf'])
})

test('the same text is not written again', async () => {
  await using at = await scratch()
  await writeConf(at.dir, 'same\n', { mode: 0o600 })
  const before = await stat(at.path)
  await writeConf(at.dir, 'same\n', { mode: 0o600 })
  assert.equal((await stat(at.path)).ino, before.ino)
})

test('a failure names the file, keeps the old one and leaves no draft', async () => {
  await using at = await scratch()
  await writeConf(at.dir, 'good\n')
  const broken = { uid: -2 }
  await assert.rejects(writeConf(at.dir, 'bad\n', broken), /cannot write .*frr\.conf: /)
  assert.equal(await readFile(at.path, 'utf8'), 'good\n')
  assert.deepEqual(await readdir(at.dir), ['frr.conf'])
})
