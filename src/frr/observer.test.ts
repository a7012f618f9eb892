import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { Observer } from './observer.ts'
import { VtyServer } from './vty-server.ts'

type Answers = Record<string, string>

const summary = (state: string, pfxSnt = 0) =>
  JSON.stringify({ default: { ipv4Unicast: { peers: { '192.0.2.1': { state, pfxSnt } } } } })
const bgpd = (state: string, pfxSnt = 0): Answers => ({
  'show bgp vrfs': `DFLT ${state}`,
  'show bgp vrf all summary json': summary(state, pfxSnt),
})
const bfdd = (status: string): Answers => ({
  'show bfd peers brief': `192.0.2.1 ${status}`,
  'show bfd peers json': JSON.stringify([{ peer: '192.0.2.1', status }]),
})

/** FRR's daemons, as far as they are asked; an answer that is missing never comes. */
async function open({ starts = true, silenceMs = 60_000 } = {}) {
  const folder = temporaryFolder()
  const answers: Answers = { ...bgpd('Idle'), ...bfdd('down'), enable: '' }
  const asked: string[] = []
  const lines: unknown[][] = []
  const log = {
    info: (...line: unknown[]) => lines.push(line),
    warn: (...line: unknown[]) => lines.push(line),
  }
  const serve = (daemon: string) =>
    VtyServer.open(join(folder.dir, `${daemon}.vty`), {
      override: (line) => {
        asked.push(line)
        return [answers[line] ?? 'never', 0]
      },
      write: (socket, bytes) => {
        if (!bytes.toString().startsWith('never')) socket.write(bytes)
      },
    })
  const stack = new AsyncDisposableStack()
  stack.defer(() => folder[Symbol.dispose]())
  const servers = new Map<string, VtyServer>()
  const start = async (daemon: string) => servers.set(daemon, stack.use(await serve(daemon)))
  if (starts) for (const daemon of ['bgpd', 'bfdd']) await start(daemon)
  const observer = stack.use(new Observer({ runDir: folder.dir, log, everyMs: 5, silenceMs }))
  return {
    ...{ observer, answers, asked, start },
    stop: (daemon: string) => servers.get(daemon)![Symbol.asyncDispose](),
    said: () => lines.map(([, sentence]) => sentence),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

const states = ({ observed }: Observer) => observed.sessions.map(({ state }) => state)

test('nobody is asked before the start', async () => {
  await using it = await open()
  assert.equal(it.observer.hasLooked, false)
  it.observer.start()
  await once(it.observer, 'change')
  assert.equal(it.observer.hasLooked, true)
  assert.deepEqual(states(it.observer), ['Idle'])
  assert.equal(it.observer.observed.bfd[0]!.status, 'down')
})

test('a change is seen and told; while there is none, the observed is the very same', async () => {
  await using it = await open()
  it.observer.start()
  await once(it.observer, 'change')
  const before = it.observer.observed
  const looks = it.asked.length
  await eventually(() => assert.ok(it.asked.length > looks + 10))
  assert.equal(it.observer.observed, before)
  Object.assign(it.answers, bgpd('Established', 3))
  await once(it.observer, 'change')
  assert.deepEqual(states(it.observer), ['Established'])
  Object.assign(it.answers, bfdd('up'))
  await once(it.observer, 'change')
  assert.equal(it.observer.observed.bfd[0]!.status, 'up')
})

test('everything is asked for only now and then, and that shows what the quick look does not', async () => {
  await using it = await open()
  it.observer.start()
  await once(it.observer, 'change')
  it.answers['show bgp vrf all summary json'] = summary('Idle', 7)
  await once(it.observer, 'change')
  assert.equal(it.observer.observed.sessions[0]!.sent[4], 7)
  const count = (question: string) => it.asked.filter((line) => line === question).length
  assert.ok(count('show bgp vrfs') > count('show bgp vrf all summary json'))
})

test('without FRR it is told once that nothing can be seen, and once when it can', async () => {
  await using it = await open({ starts: false })
  it.observer.start()
  await once(it.observer, 'change')
  assert.deepEqual([...it.observer.observed.silent.keys()].sort(), ['bfdd', 'bgpd'])
  await it.start('bgpd')
  await it.start('bfdd')
  await eventually(() => assert.equal(it.observer.observed.silent.size, 0))
  assert.deepEqual(states(it.observer), ['Idle'])
  const both = (sentence: string) => [sentence, sentence]
  const expected = [...both('its sessions are seen again'), ...both('its sessions cannot be seen')]
  assert.deepEqual(it.said().toSorted(), expected)
})

test('a daemon that ends is seen at once, and the other one goes on', async () => {
  await using it = await open()
  it.observer.start()
  await once(it.observer, 'change')
  await it.stop('bgpd')
  await eventually(() => assert.deepEqual([...it.observer.observed.silent.keys()], ['bgpd']))
  assert.deepEqual(states(it.observer), [])
  assert.equal(it.observer.observed.bfd.length, 1)
})

test('a daemon that hangs is silent after a while, and is asked nothing else', async () => {
  await using it = await open({ silenceMs: 50 })
  it.observer.start()
  await once(it.observer, 'change')
  delete it.answers['show bgp vrfs']
  await once(it.observer, 'change')
  assert.match(it.observer.observed.silent.get('bgpd')!, /does the daemon hang/)
  const { sessions } = await it.observer.counters()
  assert.deepEqual(sessions, [])
  const place = { vrf: 'default', peer: '192.0.2.1', sent: { 4: 1, 6: 0 } }
  assert.equal(await it.observer.advertised(place), undefined)
  assert.ok(!it.asked.some((line) => /neighbors/.test(line)))
})

for (const garbage of ['% Unknown command', '{"default":', '[]', '{"default":{"ipv4Unicast":1}}']) {
  test(`an answer that is none is told like silence: ${garbage}`, async () => {
    await using it = await open()
    it.answers['show bgp vrf all summary json'] = garbage
    it.observer.start()
    await once(it.observer, 'change')
    assert.deepEqual([...it.observer.observed.silent.keys()], ['bgpd'])
    Object.assign(it.answers, bgpd('Established'))
    await once(it.observer, 'change')
    assert.deepEqual(states(it.observer), ['Established'])
  })
}

test('counters and what is sent are read when somebody asks', async () => {
  await using it = await open()
  const routes = { advertisedRoutes: { '192.0.2.9/32': {} } }
  const six = { advertisedRoutes: { '2001:db8::9/128': {} } }
  const at = 'unicast neighbors 192.0.2.1 advertised-routes json'
  it.answers['show bgp vrf all neighbors json'] = JSON.stringify({
    default: { vrfId: 0, '192.0.2.1': { bgpState: 'Idle', lastResetDueTo: 'why' } },
  })
  it.answers['show bfd peers counters json'] = '[{"peer":"192.0.2.1","session-up":2}]'
  it.answers[`show bgp ipv4 ${at}`] = JSON.stringify(routes)
  it.answers[`show bgp vrf red ipv4 ${at}`] = JSON.stringify(routes)
  it.answers[`show bgp vrf red ipv6 ${at}`] = JSON.stringify(six)
  const { sessions, bfd } = await it.observer.counters()
  assert.deepEqual([sessions[0]!.lastReset, bfd[0]!.ups], ['why', 2])
  const peer = '192.0.2.1'
  const main = await it.observer.advertised({ vrf: 'default', peer, sent: { 4: 1, 6: 0 } })
  assert.deepEqual([...main!], ['192.0.2.9/32'])
  const red = await it.observer.advertised({ vrf: 'red', peer, sent: { 4: 1, 6: 1 } })
  assert.deepEqual([...red!], ['192.0.2.9/32', '2001:db8::9/128'])
})

test('when it is closed nothing is asked or told any more, even in the middle of a look', async () => {
  const it = await open()
  it.observer.start()
  await once(it.observer, 'change')
  let told = 0
  it.observer.on('change', () => told++)
  delete it.answers['show bgp vrfs']
  const before = it.asked.length
  await eventually(() => assert.ok(it.asked.length > before))
  await it.observer[Symbol.asyncDispose]()
  const { length } = it.asked
  it.observer.look()
  it.observer.start()
  await it[Symbol.asyncDispose]()
  assert.deepEqual([it.asked.length, told], [length, 0])
  assert.ok(!it.said().includes('its sessions cannot be seen'))
})
