// The sessions of a node for Prometheus: our one question to each daemon beside what MetalLB's frr-metrics
// does, which starts vtysh six times. FRR and the neighbours are the same in both, and so is the moment.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import pino from 'pino'
import { SessionRole } from '../src/cmd/session-role.ts'
import { Observer } from '../src/frr/observer.ts'
import type { Frr } from '../src/lab/frr.ts'
import { openNet, uniquePrefix } from '../src/lab/netns.ts'
import { startWitness } from '../src/lab/witness.ts'
import { Metrics } from '../src/metrics/record.ts'
import { frrVersions } from '../test/net/support/frr-versions.ts'
import { Node, planOf } from '../test/net/support/node.ts'
import {
  bfdProfile,
  bgpAd,
  node,
  peer,
  pool,
  service,
  slice,
  world,
} from '../test/support/build.ts'
import { eventually } from '../test/support/eventually.ts'
import type { Bench, BenchOptions, Row } from './measure.ts'

export const bench: Bench = {
  about: 'a scrape of BGP and BFD, beside six processes of vtysh',
  whyNot: async () => (await frrVersions())[0]?.missing,
  run: async (options) => {
    const rows: Row[] = []
    for (const neighbors of [10, 100]) {
      options.say(`${neighbors} neighbours, half of them up`)
      rows.push(...(await measureWith(neighbors, options)))
    }
    return rows
  },
}

const OWN = '10.77.0.1'
const addressAt = (at: number) => `10.77.1.${at + 1}`

async function measureWith(neighbors: number, { quick }: BenchOptions): Promise<Row[]> {
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-bench-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const { frr, metrics } = await openScraped(neighbors, dir, stack)
  const rounds = quick ? 5 : 30
  // Both take turns, so that whatever else the machine does falls on both.
  const ours: Cost[] = []
  const theirs: Cost[] = []
  for (let round = -2; round < rounds; round++) {
    const one = await costOf(frr, () => metrics.text())
    const other = await costOf(frr, () => askByVtysh(frr))
    if (round < 0) continue
    ours.push(one)
    theirs.push(other)
  }
  const row = (what: string, of: (cost: Cost) => number): Row => ({
    ...{ what: `${what}, ${neighbors} neighbours`, unit: 'ms', samples: ours.map(of) },
    baseline: { what: '6 × vtysh', samples: theirs.map(of) },
  })
  return [
    row('a scrape', ({ wallMs }) => wallMs),
    row('CPU, ours or that of vtysh', ({ cpuMs }) => cpuMs),
    row('CPU of bgpd and bfdd', ({ frrMs }) => frrMs),
  ]
}

async function openScraped(
  neighbors: number,
  dir: string,
  stack: AsyncDisposableStack,
): Promise<{ frr: Frr; metrics: Metrics }> {
  const net = stack.use(await openNet(uniquePrefix('bench')))
  const [own, router] = [await net.addNetns('node'), await net.addNetns('router')]
  const far = Array.from({ length: neighbors / 2 }, (_, at) => `${addressAt(at)}/16`)
  await net.link(
    { netns: own, ifname: 'eth0', addresses: [`${OWN}/16`] },
    { netns: router, ifname: 'eth0', addresses: far },
  )
  stack.use(await startWitness({ netns: router, asn: 64501 }))
  const plan = planOf(worldOf(neighbors))
  const running = stack.use(await Node.open({ netns: own, dir: join(dir, 'node') }))
  await running.apply(plan)
  const { frr } = running
  const observer = stack.use(new Observer({ runDir: frr.runDir, log: pino({ level: 'silent' }) }))
  const sessions = new SessionRole(observer)
  sessions.follow(plan.frr)
  const metrics = new Metrics({ speaker: true })
  metrics.observeSessions(sessions)
  await eventually(() => {
    const up = sessions.sessions().filter(({ isUp }) => isUp).length
    if (up < neighbors / 2) throw new Error(`${up} of ${neighbors / 2} sessions are up`)
  }, 60_000)
  return { frr, metrics }
}

const worldOf = (neighbors: number) =>
  world([
    ...[pool('p', ['198.51.100.0/24']), bgpAd('all'), node('n1'), bfdProfile('slow')],
    ...Array.from({ length: neighbors }, (_, at) =>
      peer(`peer-${at}`, { peerAddress: addressAt(at), bfdProfile: 'slow', connectTime: '2s' }),
    ),
    service('web', { clusterIP: '10.96.0.1' }, { ips: ['198.51.100.1'] }),
    slice('web', [{ nodeName: 'n1', addresses: ['10.1.0.1'] }]),
  ])

const VRFS = 'show bgp vrf all json'
/** Its three collectors: each asks which VRFs there are, then for its numbers in each of them. */
const CHAINS = [
  [[VRFS, 'show bgp vrf default neighbors json']],
  [
    [VRFS, 'show bfd vrf default peers json'],
    [VRFS, 'show bfd vrf default peers counters json'],
  ],
]

/** BGP and BFD beside each other, the rest one after the other. */
async function askByVtysh({ runDir, configDir }: Frr): Promise<void> {
  const dirs = ['--vty_socket', runDir, '--config_dir', configDir]
  const env = { VTYSH_HISTFILE: '/dev/null' }
  await Promise.all(
    CHAINS.map(async (chain) => {
      for (const command of chain.flat()) {
        const { stdout } = await execa('/usr/bin/vtysh', [...dirs, '-c', command], { env })
        JSON.parse(stdout)
      }
    }),
  )
}

interface Cost {
  readonly wallMs: number
  /** Of this process and of those it ended. */
  readonly cpuMs: number
  readonly frrMs: number
}

async function costOf(frr: Frr, work: () => Promise<unknown>): Promise<Cost> {
  const pids = await Promise.all(['bgpd', 'bfdd'].map((daemon) => frr.pid(daemon)))
  const spentByFrr = async () => sum(await Promise.all(pids.map((pid) => spentBy(pid!))))
  const [frrBefore, cpuBefore] = [await spentByFrr(), await spentHere()]
  const started = performance.now()
  await work()
  const wallMs = performance.now() - started
  const [frrAfter, cpuAfter] = [await spentByFrr(), await spentHere()]
  return { wallMs, cpuMs: cpuAfter - cpuBefore, frrMs: frrAfter - frrBefore }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

/** The kernel counts what a thread spent in nanoseconds; FRR's work of this kind is in its first one. */
async function spentBy(pid: number): Promise<number> {
  return Number((await readFile(`/proc/${pid}/schedstat`, 'utf8')).split(' ')[0]) / 1e6
}

/** Ticks of a hundredth of a second, for programs that ended. */
const TICK_MS = 10

async function spentHere(): Promise<number> {
  const { user, system } = process.cpuUsage()
  const stat = await readFile('/proc/self/stat', 'utf8')
  // The second field is a name that may hold anything; utime of children is the 16th, stime the 17th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (user + system) / 1000 + (Number(fields[13]) + Number(fields[14])) * TICK_MS
}
