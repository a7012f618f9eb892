import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pino } from 'pino'
import { type Frr, openFrr } from './apply.ts'
import { socketOf } from './daemons.ts'
import { SimulatedFrr } from './simulated-frr.ts'
import { equalTrees, parseTree } from './tree.ts'
import { VtyServer, type VtyServerOptions } from './vty-server.ts'

const log = pino({ level: 'silent' })

const CONFIG = `hostname node1
bgp route-map delay-timer 0
route-map svc-1 permit 1
 set tag 1
exit
route-map 10.0.0.2-out permit 10
 match tag 1
exit
route-map 10.0.0.2-out deny 65000
exit
router bgp 64512
 no bgp default ipv4-unicast
 neighbor 10.0.0.2 remote-as 64513
 neighbor 10.0.0.2 bfd
 neighbor 10.0.0.2 bfd profile fast
 !
 address-family ipv4 unicast
  neighbor 10.0.0.2 activate
  neighbor 10.0.0.2 route-map 10.0.0.2-out out
  network 198.18.0.1/32 route-map svc-1
 exit-address-family
exit
bfd
 profile fast
  receive-interval 100
 exit
exit
`
const NETWORK = '  network 198.18.0.1/32 route-map svc-1\n'
const withNetworks = (count: number): string =>
  CONFIG.replace(
    NETWORK,
    Array.from({ length: count }, (_, i) =>
      NETWORK.replace('198.18.0.1', `198.18.${i >> 8}.${i & 255}`),
    ).join(''),
  )

class Lab implements AsyncDisposable {
  readonly simulated = new SimulatedFrr()
  readonly dir: string
  readonly servers = new Map<string, VtyServer>()
  readonly #open: AsyncDisposable[] = []

  constructor(dir: string) {
    this.dir = dir
  }

  async serve(daemon: 'bgpd' | 'bfdd', options: VtyServerOptions = {}): Promise<VtyServer> {
    const server = await VtyServer.open(socketOf(this.dir, daemon), {
      frr: this.simulated,
      ...options,
    })
    this.servers.set(daemon, server)
    this.#open.push(server)
    return server
  }

  async frr(extra: { configDir?: string; verifyAfterMs?: number } = {}): Promise<Frr> {
    const frr = await openFrr({ runDir: this.dir, configDir: this.dir, log, ...extra })
    this.#open.push(frr)
    return frr
  }

  file(): Promise<string> {
    return readFile(join(this.dir, 'frr.conf'), 'utf8')
  }

  assertRuns(text: string): void {
    if (
      !equalTrees(parseTree(this.simulated.text()), parseTree(text.replace('hostname node1', '')))
    ) {
      assert.equal(this.simulated.text(), text)
    }
  }

  /** Lines sent to a daemon since the last time. */
  sent(daemon: string): string[] {
    return this.servers.get(daemon)!.lines.splice(0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#open.reverse()) await one[Symbol.asyncDispose]()
    await rm(this.dir, { recursive: true })
  }
}

async function openLab(options: VtyServerOptions = {}): Promise<Lab> {
  const lab = new Lab(await mkdtemp(join(tmpdir(), 'apply-')))
  await lab.serve('bgpd', options)
  await lab.serve('bfdd')
  return lab
}

test('an empty FRR gets everything, and the same a second time is nothing', async () => {
  await using lab = await openLab()
  const frr = await lab.frr()
  const result = await frr.apply(CONFIG)
  assert.equal(result.kind, 'applied')
  lab.assertRuns(CONFIG)
  assert.equal(await lab.file(), CONFIG)
  assert.equal((await stat(join(lab.dir, 'frr.conf'))).mode & 0o777, 0o640)
  lab.sent('bgpd')
  assert.deepEqual(await frr.apply(CONFIG), { kind: 'unchanged' })
  assert.deepEqual(lab.sent('bgpd'), [])
})

test('what runs already is adopted: a restart of ours sends nothing', async () => {
  await using lab = await openLab()
  await (await lab.frr()).apply(CONFIG)
  lab.sent('bgpd')
  const again = await lab.frr()
  assert.deepEqual(await again.apply(CONFIG), { kind: 'unchanged' })
  assert.deepEqual([lab.sent('bgpd'), await again.running()], [[], parsedOwned()])
})

const parsedOwned = () => parseTree(CONFIG.replace('hostname node1\n', ''))

test('one more service is one line', async () => {
  await using lab = await openLab()
  const frr = await lab.frr()
  await frr.apply(CONFIG)
  lab.sent('bgpd')
  const result = await frr.apply(withNetworks(2).replace('198.18.0.0', '198.18.0.9'))
  assert.equal(result.kind === 'applied' && result.commands, 1)
  assert.ok(lab.sent('bgpd').includes('network 198.18.0.9/32 route-map svc-1'))
})

const SECRET = ' neighbor 10.0.0.3 remote-as 64514\n neighbor 10.0.0.3 password hush\n'
for (const [name, bad, context, line] of [
  [
    'a session line',
    CONFIG.replace(' !\n', `${SECRET} !\n`),
    ['router bgp 64512'],
    'neighbor 10.0.0.3 password ***',
  ],
  [
    'a network',
    CONFIG.replace('198.18.0.1/32', '198.18.0.66/32'),
    ['router bgp 64512', 'address-family ipv4 unicast'],
    'network 198.18.0.66/32 route-map svc-1',
  ],
  [
    'a clause',
    CONFIG.replace(' match tag 1\n', ' match tag 1\n set local-preference 66\n'),
    ['route-map 10.0.0.2-out permit 10'],
    'set local-preference 66',
  ],
  [
    'the opener of a clause',
    `${CONFIG}route-map refused permit 66\n match tag 3\n`,
    [],
    'route-map refused permit 66',
  ],
  [
    'a removal',
    CONFIG.replace(/route-map 10.0.0.2-out deny 65000\nexit\n/, ''),
    [],
    'no route-map 10.0.0.2-out deny 65000',
  ],
] as const) {
  test(`FRR refuses ${name}: what ran before runs again, and the file stays`, async () => {
    const refuses = /password hush|198\.18\.0\.66|preference 66|permit 66|no .* deny 65000/
    await using lab = await openLab({
      override: (one) => (refuses.test(one) ? [`% Not today: ${one}\n`, 13] : undefined),
    })
    const frr = await lab.frr()
    await frr.apply(CONFIG)
    assert.deepEqual(await frr.apply(bad), {
      kind: 'refused',
      daemon: 'bgpd',
      context,
      line,
      text: `% Not today: ${line}`,
      restored: true,
    })
    lab.assertRuns(CONFIG)
    assert.equal(await lab.file(), CONFIG)
    assert.deepEqual(await frr.apply(CONFIG), { kind: 'unchanged' })
  })
}

test('a failed opener never lets its lines fall into another context', async () => {
  const asked: string[] = []
  await using lab = await openLab({
    override: (line, path) => {
      asked.push(`${path.join(' ')}: ${line}`)
      return line.startsWith('route-map refused') ? ['% no\n', 13] : undefined
    },
  })
  const frr = await lab.frr()
  await frr.apply(CONFIG)
  await frr.apply(
    CONFIG.replace(
      'route-map svc-1 permit 1\n',
      'route-map refused permit 5\n set tag 9\nroute-map svc-1 permit 1\n',
    ),
  )
  assert.deepEqual(
    asked.filter((one) => one.endsWith('set tag 9')),
    [': set tag 9'],
  )
  lab.assertRuns(CONFIG)
})

test('FRR 8.4 refuses to take back what is not there; that is no failure', async () => {
  await using lab = await openLab({
    override: (line) => {
      if (!line.startsWith('no network ')) return undefined
      lab.simulated.routers
        .get('')!
        .families.get('address-family ipv4 unicast')!
        .networks.delete('198.18.0.1/32')
      return ["% Can't find static route specified\n", 13]
    },
  })
  const frr = await lab.frr()
  await frr.apply(CONFIG)
  assert.equal((await frr.apply(CONFIG.replace(NETWORK, ''))).kind, 'applied')
})

test('an edit from elsewhere is repaired in the next pass', async () => {
  await using lab = await openLab()
  const frr = await lab.frr()
  await frr.apply(CONFIG)
  lab.simulated.take(['route-map 10.0.0.2-out permit 10'], 'set local-preference 1')
  lab.simulated.take([], 'no route-map 10.0.0.2-out deny 65000')
  assert.equal((await frr.apply(CONFIG)).kind, 'applied')
  lab.assertRuns(CONFIG)
})

test('a large configuration is read back after the burst, and an edit from elsewhere found', async () => {
  await using lab = await openLab()
  const frr = await lab.frr({ verifyAfterMs: 1 })
  await frr.apply(withNetworks(3000))
  await frr.apply(withNetworks(3001))
  const noticed = once(frr, 'change')
  await frr.apply(withNetworks(3002))
  lab.simulated.take([], 'route-map 10.0.0.2-out deny 65000'.replace('route-map', 'no route-map'))
  await noticed
  assert.equal((await frr.apply(withNetworks(3002))).kind, 'applied')
  lab.assertRuns(withNetworks(3002))
})

test('a large configuration is not read for a change, nor for none at all', async () => {
  await using lab = await openLab()
  const frr = await lab.frr({ verifyAfterMs: 60_000 })
  await frr.apply(withNetworks(1000))
  lab.sent('bgpd')
  assert.deepEqual(await frr.apply(withNetworks(1000)), { kind: 'unchanged' })
  assert.deepEqual(lab.sent('bgpd'), [])
  await frr.apply(withNetworks(1001))
  assert.equal(lab.sent('bgpd').includes('show running-config'), false)
  lab.assertRuns(withNetworks(1001))
})

test('a change that an edit from elsewhere makes impossible is made from what runs', async () => {
  const added = 'network 198.18.3.232/32 route-map svc-1'
  await using lab = await openLab({
    override: (line) =>
      line === added && !lab.simulated.entries.has('svc-1 1') ? ['% No such map\n', 13] : undefined,
  })
  const frr = await lab.frr({ verifyAfterMs: 60_000 })
  await frr.apply(withNetworks(1000))
  lab.simulated.take([], 'no route-map svc-1 permit 1')
  assert.equal((await frr.apply(withNetworks(1001))).kind, 'applied')
  lab.assertRuns(withNetworks(1001))
})

test('a line FRR takes and does not show is not sent again in every pass', async () => {
  await using lab = await openLab({
    override: (line) => (line === 'neighbor 10.0.0.2 oddity 1' ? ['', 0] : undefined),
  })
  const frr = await lab.frr()
  const odd = CONFIG.replace(' !\n', ' neighbor 10.0.0.2 oddity 1\n !\n')
  await frr.apply(odd)
  lab.sent('bgpd')
  assert.deepEqual(await frr.apply(odd), { kind: 'unchanged' })
  assert.deepEqual(lab.sent('bgpd'), [])
})

test('a full disk is reported and blocks nothing', async () => {
  await using lab = await openLab()
  const frr = await lab.frr({ configDir: join(lab.dir, 'gone') })
  const result = await frr.apply(CONFIG)
  assert.equal(result.kind, 'applied')
  assert.match(
    (result as { fileError: string }).fileError,
    /cannot write .*gone\/frr\.conf: ENOENT/,
  )
  lab.assertRuns(CONFIG)
})

test('no draft of the file is left behind', async () => {
  await using lab = await openLab()
  await (await lab.frr()).apply(CONFIG)
  assert.deepEqual((await readdir(lab.dir)).sort(), ['bfdd.vty', 'bgpd.vty', 'frr.conf'])
})

test('a daemon that ends its connection is a change, and gets everything again', async () => {
  await using lab = await openLab()
  const frr = await lab.frr()
  await frr.apply(CONFIG)
  const changed = once(frr, 'change')
  lab.simulated.routers.clear()
  lab.simulated.entries.clear()
  lab.servers.get('bgpd')!.drop()
  await changed
  assert.equal((await frr.apply(CONFIG)).kind, 'applied')
  lab.assertRuns(CONFIG)
})

test('a missing bfdd is named, keeps nothing from bgpd, and is a change when it comes', async () => {
  await using lab = new Lab(await mkdtemp(join(tmpdir(), 'apply-')))
  await lab.serve('bgpd')
  const frr = await lab.frr()
  await assert.rejects(frr.apply(CONFIG), /cannot reach FRR at .*bfdd\.vty \(ENOENT\)/)
  assert.match(lab.simulated.text(), /network 198\.18\.0\.1/)
  const changed = once(frr, 'change')
  await lab.serve('bfdd')
  await changed
  assert.equal((await frr.apply(CONFIG)).kind, 'applied')
  lab.assertRuns(CONFIG)
})

test('without anything for bfdd it need not run', async () => {
  await using lab = new Lab(await mkdtemp(join(tmpdir(), 'apply-')))
  await lab.serve('bgpd')
  const frr = await lab.frr()
  assert.equal((await frr.apply(CONFIG.slice(0, CONFIG.indexOf('bfd\n profile')))).kind, 'applied')
})

test('a line FRR would cut is refused before anything is sent', async () => {
  await using lab = await openLab()
  const frr = await lab.frr()
  const result = await frr.apply(
    CONFIG.replace(' !\n', ` neighbor 10.0.0.2 description ${'x'.repeat(5000)}\n !\n`),
  )
  assert.equal(result.kind, 'refused')
  assert.match((result as { text: string }).text, /bytes/)
  assert.deepEqual(lab.sent('bgpd'), [])
})

test('calls wait for one another', async () => {
  await using lab = await openLab()
  const frr = await lab.frr()
  const results = await Promise.all([
    frr.apply(CONFIG),
    frr.apply(withNetworks(50)),
    frr.apply(CONFIG),
  ])
  assert.deepEqual(
    results.map((one) => one.kind),
    ['applied', 'applied', 'applied'],
  )
  lab.assertRuns(CONFIG)
})

const CONNECTING = CONFIG.replace(
  ' neighbor 10.0.0.2 bfd\n',
  ' neighbor 10.0.0.2 timers connect 5\n neighbor 10.0.0.2 bfd\n',
)

test('a session is started by what stands already, said once more', async () => {
  await using lab = await openLab()
  const frr = await lab.frr()
  await frr.apply(CONNECTING)
  lab.sent('bgpd')
  assert.equal(await frr.startSession({ vrf: 'default', peer: '10.0.0.2' }), true)
  const sent = lab.sent('bgpd').filter((line) => !line.startsWith('show'))
  assert.deepEqual(sent, ['router bgp 64512', 'neighbor 10.0.0.2 timers connect 5', 'end'])
  lab.assertRuns(CONNECTING)
  assert.deepEqual(await frr.apply(CONNECTING), { kind: 'unchanged' })
})

for (const [what, vrf, peer, text] of [
  ['a neighbour of nobody', 'default', '10.0.0.9', CONNECTING],
  ['another VRF', 'red', '10.0.0.2', CONNECTING],
  ['a timer that is FRR’s own', 'default', '10.0.0.2', CONFIG],
] as const) {
  test(`no session is started: ${what}`, async () => {
    await using lab = await openLab()
    const frr = await lab.frr()
    await frr.apply(text)
    lab.sent('bgpd')
    assert.equal(await frr.startSession({ vrf, peer }), false)
    assert.deepEqual(
      lab.sent('bgpd').filter((line) => !line.startsWith('show')),
      [],
    )
  })
}
