// The engine of our own: shared while somebody uses it, gone afterwards, and nothing a killed user leaves
// behind is in the next one's way. It runs in a cache directory of the test's.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { execa } from 'execa'
import { joinEngine, whyNoEngine } from '../../src/lab/docker-engine.ts'
import { isRunning } from '../../src/lab/process.ts'
import { eventually } from '../support/eventually.ts'

const why = await whyNoEngine()
const skip = why !== undefined && process.env.CI !== 'true' && why

async function engineSite() {
  const root = await mkdtemp(join(tmpdir(), 'engine-'))
  const dir = join(root, 'docker')
  const pid = async () => Number(await readFile(join(dir, 'pid'), 'utf8'))
  return {
    dir,
    pid,
    async hasEnded(engine: number) {
      await eventually(() => assert.ok(!isRunning(engine)), 30_000)
    },
    async [Symbol.asyncDispose]() {
      // An engine mounts its images' folder onto itself, and one that was killed leaves it so.
      await execa('umount', [join(dir, 'data')], { reject: false })
      await rm(root, { recursive: true, force: true })
    },
  }
}

test('two users share an engine, and it ends with the last of them', { skip }, async () => {
  await using site = await engineSite()
  const said: string[] = []
  const say = (line: string) => said.push(line)
  const [one, other] = await Promise.all([joinEngine(site.dir, say), joinEngine(site.dir, say)])
  assert.equal(one.host, other.host)
  assert.equal(said.length, 1, 'only one of them starts it')
  const engine = await site.pid()
  await one[Symbol.asyncDispose]()
  assert.ok(isRunning(engine))
  await other[Symbol.asyncDispose]()
  await site.hasEnded(engine)
})

test('an engine ends after its user was killed, and the next one starts', { skip }, async () => {
  await using site = await engineSite()
  const engine = await startAndKillUser(site)
  await site.hasEnded(engine)
  const again = await joinEngine(site.dir, () => {})
  const next = await site.pid()
  assert.notEqual(next, engine)
  await again[Symbol.asyncDispose]()
  await site.hasEnded(next)
})

test('who comes while an engine ends gets a new one', { skip }, async () => {
  await using site = await engineSite()
  const first = await joinEngine(site.dir, () => {})
  const engine = await site.pid()
  await first[Symbol.asyncDispose]()
  const second = await joinEngine(site.dir, () => {})
  const next = await site.pid()
  // It may have come before the first one was asked to end; then they are the same, and in use.
  assert.ok(isRunning(next))
  await second[Symbol.asyncDispose]()
  await site.hasEnded(next)
  await site.hasEnded(engine)
})

test('an engine that was killed is replaced', { skip }, async () => {
  await using site = await engineSite()
  let next: number
  {
    await using _first = await joinEngine(site.dir, () => {})
    const engine = await site.pid()
    process.kill(engine, 'SIGKILL')
    await site.hasEnded(engine)
    await using _second = await joinEngine(site.dir, () => {})
    next = await site.pid()
    assert.notEqual(next, engine)
  }
  await site.hasEnded(next)
})

async function startAndKillUser(site: { dir: string; pid: () => Promise<number> }) {
  const script = join(import.meta.dirname, 'support/engine-user.ts')
  const user = spawn(process.execPath, [script, site.dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(user.stdout, 'data')
  const engine = await site.pid()
  user.kill('SIGKILL')
  await once(user, 'exit')
  return engine
}
