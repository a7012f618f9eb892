import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DaemonWatch, socketOf } from './daemons.ts'
import { VtyServer } from './vty-server.ts'

async function scratch() {
  const dir = await mkdtemp(join(tmpdir(), 'daemons-'))
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true }) }
}

test('a socket that appears, goes and comes back is a change each time', async () => {
  await using at = await scratch()
  // Only the file system's own events: the slow check would come after the test's patience.
  using watch = await DaemonWatch.open({
    runDir: at.dir,
    daemons: ['bgpd'],
    checkEveryMs: 3_600_000,
  })
  for (const _ of ['first', 'second']) {
    const appeared = once(watch, 'change')
    const server = await VtyServer.open(socketOf(at.dir, 'bgpd'))
    assert.deepEqual(await appeared, ['bgpd'])
    const gone = once(watch, 'change')
    await server[Symbol.asyncDispose]()
    assert.deepEqual(await gone, ['bgpd'])
  }
})

test('a directory that is not there yet is found by the slow check', async () => {
  await using at = await scratch()
  const runDir = join(at.dir, 'run')
  using watch = await DaemonWatch.open({ runDir, daemons: ['bfdd'], checkEveryMs: 5 })
  const changed = once(watch, 'change')
  await mkdir(runDir)
  await using _ = await VtyServer.open(socketOf(runDir, 'bfdd'))
  assert.deepEqual(await changed, ['bfdd'])
})

test('what is there at the beginning is no change', async () => {
  await using at = await scratch()
  await using _ = await VtyServer.open(socketOf(at.dir, 'bgpd'))
  using watch = await DaemonWatch.open({
    runDir: at.dir,
    daemons: ['bgpd', 'bfdd'],
    checkEveryMs: 5,
  })
  const first = once(watch, 'change')
  await using __ = await VtyServer.open(socketOf(at.dir, 'bfdd'))
  assert.deepEqual(await first, ['bfdd'])
})
