// How much memory the roles hold, and CPU they use when idle, at a real API server, as they ship: the
// bundle, started by bin/ferrule.js with the access of a Pod, each speaker with an FRR and a neighbour.
// Prints a table; it is no test.
//
//   node test/cluster/memory.ts [--stages 0,1000,5000] [--idle 60] [--afresh] [--heap] [--as 'node --some-flag'…]
//
// With `--afresh` the roles are away while Services are made, and start on what stands: much quicker where
// they share two cores with the API server.
// Each `--as` is how one of the three speakers is started, to compare options of node side by side; the
// controller is started like the first. With `--heap` the last stage also tells what the heap holds.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { parseAllDocuments } from 'yaml'
import { buildProgram } from '../../bench/program.ts'
import { table } from '../../src/cmd/table.ts'
import { forEachAtOnce } from '../../src/kube/at-once.ts'
import { pathOf, RESOURCES } from '../../src/kube/resources.ts'
import { until } from '../../src/lab/until.ts'
import type { Role } from '../net/support/role-process.ts'
import { serviceName } from '../support/many-services.ts'
import { type Cluster, openCluster } from './support/cluster.ts'
import { inPod } from './support/in-pod.ts'
import { endpointsText, NAMES, SHOP, serviceText } from './support/objects.ts'

const AT_ONCE = 16
const LOOK_MS = 1_000
const PATIENCE = { timeoutMs: 900_000, everyMs: 500 }
/** Less than this per look, three times in a row: there is nothing left to do. */
const QUIET_MS = 30
const LIVE_HEAP = join(import.meta.dirname, 'support/live-heap.js')

const { values: flags } = parseArgs({
  options: {
    stages: { type: 'string', default: '0,1000,5000' },
    idle: { type: 'string', default: '60' },
    afresh: { type: 'boolean', default: false },
    heap: { type: 'boolean', default: false },
    as: { type: 'string', multiple: true },
  },
})

const say = (line: string) => process.stderr.write(`memory: ${line}\n`)
const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)}`

async function post({ client }: Cluster, kind: 'EndpointSlice' | 'Service', text: string) {
  const body: unknown = parseAllDocuments(text)[0]!.toJS()
  await client.request({ method: 'POST', path: pathOf(RESOURCES[kind], { namespace: SHOP }), body })
}

async function fill(cluster: Cluster, from: number, to: number): Promise<void> {
  if (to === from) return
  const names = Array.from({ length: to - from }, (_, at) => serviceName('web', from + at))
  const roles = [cluster.controller, ...cluster.nodes.map(({ speaker }) => speaker)]
  if (flags.afresh) for (const role of roles) await role.kill('SIGTERM')
  await forEachAtOnce(names, AT_ONCE, async (name) => {
    await post(cluster, 'EndpointSlice', endpointsText(name, 'n1'))
    await post(cluster, 'Service', serviceText(name))
  })
  if (flags.afresh) for (const role of roles) await role.start()
  for (const { hearing } of cluster.nodes) {
    await until(`${to} routes`, () => hearing.table.size === to, PATIENCE)
  }
}

const cpuOf = (roles: readonly Role[]) => Promise.all(roles.map((role) => role.cpuMs()))

async function quiet(roles: readonly Role[]): Promise<void> {
  const spent = () => cpuOf(roles)
  let before = await spent()
  for (let looks = 0; looks < 3; ) {
    await delay(LOOK_MS)
    const now = await spent()
    const isQuiet = now.every((ms, at) => ms - before[at]! < QUIET_MS)
    looks = isQuiet ? looks + 1 : 0
    before = now
  }
}

/** Of the heap: what it takes, and what of that is alive; and what Buffers and the like take beside it. */
async function heapOf(role: Role): Promise<string[]> {
  const said = await role.tells(/"held"/)
  process.kill(role.pid, 'SIGUSR2')
  const { held, alive } = JSON.parse(await said.line())
  return [mb(held.heapTotal), mb(alive.heapUsed), mb(alive.external)]
}

await using stack = new AsyncDisposableStack()
const program = stack.use(await buildProgram())
const dir = await mkdtemp(join(tmpdir(), 'ferrule-memory-'))
stack.defer(() => rm(dir, { recursive: true, force: true }))
const heap = flags.heap ? ` --import=${LIVE_HEAP}` : ''
const variants = flags.as ?? (flags.heap ? ['node --max-semi-space-size=2'] : [undefined])
/** The controller is started like the first speaker. */
const variantOf = (name: string) =>
  variants[Math.max(0, NAMES.indexOf(name as (typeof NAMES)[number])) % variants.length]
const cluster = stack.use(
  await openCluster({
    programOf: async (login, name) => {
      const variant = variantOf(name)
      const command = await program.command(variant && variant + heap)
      return await inPod(command, login, join(dir, name))
    },
  }),
)
const roles = [
  ['controller', cluster.controller] as const,
  ...cluster.nodes.map(({ name, speaker }) => [`speaker ${name}`, speaker] as const),
]
const rows = roles.map(([name], at) => [name, variantOf(at === 0 ? '' : NAMES[at - 1]!) ?? ''])
const header = ['RSS MB', 'AS']
let present = 0
const stages = flags.stages.split(',').map(Number)
for (const stage of stages) {
  say(`${stage} Services`)
  await fill(cluster, present, stage)
  present = stage
  const all = roles.map(([, role]) => role)
  await quiet(all)
  const settled = await Promise.all(all.map((role) => role.memoryMb()))
  const before = await cpuOf(all)
  await delay(Number(flags.idle) * 1000)
  const idle = await Promise.all(all.map((role) => role.memoryMb()))
  const after = await cpuOf(all)
  const withHeap = flags.heap && stage === stages.at(-1)
  header.push(`${stage}`, `IDLE ${flags.idle} S`, 'CPU %')
  if (withHeap) header.push('HEAP', 'ALIVE', 'EXTERNAL')
  for (const [at, role] of all.entries()) {
    const share = (after[at]! - before[at]!) / Number(flags.idle) / 10
    rows[at]!.push(settled[at]!.toFixed(0), idle[at]!.toFixed(0), share.toFixed(2))
    if (withHeap) rows[at]!.push(...(await heapOf(role)))
  }
  process.stdout.write(`${table(header, rows)}\n`)
}
const spent = await cpuOf(roles.map(([, role]) => role))
for (const [at, row] of rows.entries()) row.push((spent[at]! / 1000).toFixed(1))
process.stdout.write(`${table([...header, 'CPU S'], rows)}\n`)
