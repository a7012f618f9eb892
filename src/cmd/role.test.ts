import assert from 'node:assert/strict'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { serviceYaml, temporaryFolder } from '../../test/support/folder.ts'
import { freePort } from '../../test/support/free-port.ts'
import { type Problem, problemAt } from '../config/problem.ts'
import { openLog } from '../log.ts'
import { Metrics } from '../metrics/record.ts'
import type { World } from '../reconciler/world.ts'
import type { StatusReport } from '../status/status-report.ts'
import { onlyFlags } from './flags.ts'
import { openSource, type SharedFlags } from './open-source.ts'
import { type Role, runRoles } from './role.ts'
import { shared } from './role-flags.ts'

/** A role that remembers what it saw and fails when told to. */
class Probe implements Role {
  readonly name: string
  readonly seen: string[][] = []
  problemsSeen: readonly Problem[] = []
  failure: string | undefined
  left: string[] = []
  finished = 0
  /** What is left to do at the end. */
  ending: () => Promise<void> = async () => {}

  constructor(name: string) {
    this.name = name
  }
  async pass(world: World): Promise<void> {
    this.seen.push([...world.services.keys()])
    this.problemsSeen = world.problems
    if (this.failure !== undefined) throw new Error(this.failure)
  }
  plan(): unknown {
    return { passes: this.seen.length }
  }
  problems(): readonly Problem[] {
    const ref = { kind: 'BGPPeer', namespace: 'ns', name: 'r1' }
    return this.left.map((message) => problemAt(ref, 'spec', 'refused-by-frr', message))
  }
  async finish(): Promise<void> {
    this.finished++
    await this.ending()
  }
}

async function start(dir: string, args: string[], roles: readonly Role[]) {
  const flags: SharedFlags = onlyFlags(shared, ['--objects', dir, '--port=0', ...args], {})
  const lines: Record<string, unknown>[] = []
  const log = openLog('info', { write: (line) => lines.push(JSON.parse(line)) })
  const stop = new AbortController()
  const { source } = await openSource({ flags, log, role: 'controller', signal: stop.signal })
  const metrics = new Metrics({})
  const times = { finishMs: 50 }
  const running = runRoles({ source, flags, log, metrics, roles, signal: stop.signal, ...times })
  const end = async () => {
    stop.abort()
    const code = await running
    await source[Symbol.asyncDispose]()
    return code
  }
  const messages = () => lines.map(({ msg, error }) => [msg, error].filter(Boolean).join(': '))
  return { end, running, messages, metrics, source, log }
}

test('a change is a pass of every role, and all end in order', async () => {
  using files = temporaryFolder({ 'a.yaml': serviceYaml('a') })
  const roles = [new Probe('one'), new Probe('two')]
  const { end } = await start(files.dir, [], roles)
  await eventually(() => assert.deepEqual(roles[1]!.seen.at(-1), ['default/a']))
  files.write('b.yaml', serviceYaml('b'))
  const both = ['default/a', 'default/b']
  await eventually(() =>
    assert.deepEqual(
      roles.map(({ seen }) => seen.at(-1)),
      [both, both],
    ),
  )
  assert.equal(await end(), 0)
  assert.deepEqual(
    roles.map(({ finished }) => finished),
    [1, 1],
  )
})

for (const [what, ending, said] of [
  ['fails', () => Promise.reject(new Error('no disk')), 'no disk'],
  ['hangs', () => new Promise<void>(() => {}), 'not within 0.05 s'],
] as const) {
  test(`what is left to do at the end ${what}: the others are finished, and we end`, async () => {
    using files = temporaryFolder()
    const roles = [new Probe('one'), new Probe('two')]
    roles[0]!.ending = ending
    const { end, messages } = await start(files.dir, [], roles)
    assert.equal(await end(), 0)
    assert.equal(roles[1]!.finished, 1)
    assert.ok(messages().includes(`not all could be told that should have been: ${said}`))
  })
}

const metalLb = (logLevel: string) =>
  `{apiVersion: metallb.io/v1beta1, kind: MetalLB, metadata: {name: metallb}, spec: {logLevel: ${logLevel}}}`

test('the level of the log follows the MetalLB object, and the flag where there is none', async () => {
  using files = temporaryFolder()
  const role = new Probe('one')
  const { end, messages, log } = await start(files.dir, [], [role])
  await eventually(() => assert.match(messages().join('\n'), /running/))
  const isHeard = (level: 'debug' | 'warn') => {
    const before = messages().length
    log[level]('is it heard?')
    return messages().length > before
  }
  assert.equal(isHeard('debug'), false)
  files.write('metallb.yaml', metalLb('debug'))
  await eventually(() => assert.equal(isHeard('debug'), true))
  files.write('metallb.yaml', metalLb('error'))
  await eventually(() => assert.equal(isHeard('warn'), false))
  const passes = role.seen.length
  // Refused, with its reason; the level that was good last stays.
  files.write('metallb.yaml', metalLb('loud'))
  await eventually(() => assert.ok(role.seen.length > passes))
  assert.equal(isHeard('warn'), false)
  const isTold = () => role.problemsSeen.find(({ kind }) => kind === 'MetalLB')
  assert.equal(isTold()?.path, 'spec.logLevel')
  files.remove('metallb.yaml')
  await eventually(() => assert.equal(isHeard('warn'), true))
  assert.equal(isHeard('debug'), false)
  await end()
})

test('a MetalLB object of another name or namespace is not ours to follow', async () => {
  const elsewhere = metalLb('debug').replace('{name', '{namespace: other, name')
  using files = temporaryFolder({
    'a.yaml': elsewhere,
    'b.yaml': metalLb('debug').replace('{name: metallb}', '{name: mine}'),
  })
  const role = new Probe('one')
  const { end, messages, log } = await start(files.dir, [], [role])
  await eventually(() => assert.equal(role.seen.length, 1))
  log.debug('is it heard?')
  assert.equal(messages().includes('is it heard?'), false)
  await end()
})

test('a role that fails does not keep the next one from its pass; it is said once', async () => {
  using files = temporaryFolder()
  const [bad, good] = [new Probe('bad'), new Probe('good')]
  bad.failure = 'no disk'
  const { end, messages, metrics } = await start(files.dir, [], [bad, good])
  await eventually(() => assert.ok(good.seen.length >= 3))
  bad.failure = undefined
  await eventually(() => assert.match(messages().join('\n'), /everything is done again/))
  await end()
  assert.equal(messages().filter((one) => one.includes('no disk')).length, 1)
  assert.match(await metrics.text(), /metallb_k8s_client_update_errors_total [1-9]/)
})

for (const [name, failure, left, code] of [
  ['all done', undefined, [], 0],
  ['a failure', 'no FRR', [], 1],
  ['something FRR refuses', undefined, ['a line'], 1],
] as const) {
  test(`--once ends after one pass, with ${code} after ${name}`, async () => {
    using files = temporaryFolder({ 'a.yaml': serviceYaml('a') })
    const role = new Probe('one')
    role.failure = failure
    role.left = [...left]
    const { running, source } = await start(files.dir, ['--once'], [role])
    assert.equal(await running, code)
    assert.deepEqual(role.seen, [['default/a']])
    await source[Symbol.asyncDispose]()
  })
}

test('the status page shows how the roles are, and what fails', async () => {
  using files = temporaryFolder({ 'a.yaml': serviceYaml('a') })
  const port = await freePort()
  const probe = new Probe('probe')
  probe.failure = 'no power'
  const { end } = await start(files.dir, [`--port=${port}`], [probe])
  const get = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`)
  const headline = async () => ((await (await get('/status.json')).json()) as StatusReport).headline
  await eventually(async () => {
    assert.match((await headline()).text, /^The last pass could not do everything .*: no power$/)
  })
  const page = await get('/')
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.match(await page.text(), /<main id="report"/)
  probe.failure = undefined
  files.write('b.yaml', serviceYaml('b'))
  await eventually(async () => assert.equal((await headline()).mood, 'idle'))
  await end()
})

test('without a folder or a cluster it says what is missing', async () => {
  const flags = onlyFlags(shared, [], {})
  await assert.rejects(
    openSource({
      ...{ flags, log: openLog('none'), role: 'controller' },
      signal: new AbortController().signal,
    }),
    /say where the objects are: --objects DIR/,
  )
})
