// What both roles hold and do while nothing happens: memory, CPU time, and files written. Separate from
// the latencies, because here the machine has to be left alone.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { openNet, uniquePrefix } from '../src/lab/netns.ts'
import { frrVersions } from '../test/net/support/frr-versions.ts'
import type { Role } from '../test/net/support/role-process.ts'
import { fillWith, WholeNode } from '../test/net/support/whole-node.ts'
import type { Bench, BenchOptions, Row } from './measure.ts'
import { buildProgram, type Program } from './program.ts'

export const bench: Bench = {
  about: 'memory, and what an idle node does',
  whyNot: async () => (await frrVersions())[0]?.missing,
  run: async (options) => {
    await using program = await buildProgram()
    const rows: Row[] = []
    for (const present of [0, 1000]) {
      options.say(`${present} Services present`)
      rows.push(...(await measureIdle(program, present, options)))
    }
    return rows
  },
}

/** With 1,000 Services: what MetalLB's processes take. */
const MEMORY_BUDGETS = { controller: 85, speaker: 110 }
const CPU_BUDGET_PERCENT = 0.5

async function measureIdle(
  { entry }: Program,
  present: number,
  { quick }: BenchOptions,
): Promise<Row[]> {
  await using stack = new AsyncDisposableStack()
  const net = stack.use(await openNet(uniquePrefix('bench')))
  const dir = await mkdtemp(join(tmpdir(), 'ferrule-bench-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const node = stack.use(await WholeNode.open({ net, name: 'ours', dir }))
  await fillWith(node, 'web', present)
  await node.start(entry)
  await node.hearing.counts(present)
  await allWritten(node)
  const roles = [
    ['controller', node.controller],
    ['speaker', node.speaker],
  ] as const
  const written = new Map(await stampsOf(node))
  const spent = await idleShares(
    roles.map(([, role]) => role),
    quick ? 5000 : 20_000,
  )
  const files = [...(await stampsOf(node))].filter(([path, stamp]) => written.get(path) !== stamp)
  const rows: Row[] = []
  for (const [at, [name, role]] of roles.entries()) {
    const memory = { what: `${name}: memory, ${present} Services`, unit: 'MB' } as const
    rows.push({ ...memory, samples: [await role.memoryMb()], budget: MEMORY_BUDGETS[name] })
    const cpu = { what: `${name}: idle CPU, ${present} Services`, unit: '%' } as const
    rows.push({ ...cpu, samples: [spent[at]!], budget: CPU_BUDGET_PERCENT })
  }
  const what = `files written while idle, ${present} Services`
  return [...rows, { what, unit: 'files', samples: [files.length], budget: 0 }]
}

/** Share of one core that each takes, in percent. */
async function idleShares(roles: readonly Role[], ms: number): Promise<number[]> {
  const before = await Promise.all(roles.map((role) => role.cpuMs()))
  await delay(ms)
  const after = await Promise.all(roles.map((role) => role.cpuMs()))
  return after.map((total, at) => ((total - before[at]!) / ms) * 100)
}

/** Statuses follow the routes; here until none has come for a second. */
async function allWritten(node: WholeNode): Promise<void> {
  for (let before = -1; ; ) {
    const { length } = await node.statusFiles()
    if (length === before) return
    before = length
    await delay(1000)
  }
}

/** Everything that a write would change, of every file that is ours to write. */
async function stampsOf(node: WholeNode): Promise<[string, string][]> {
  const paths = [...(await node.statusFiles()), join(node.frr.configDir, 'frr.conf')]
  return await Promise.all(
    paths.map(async (path): Promise<[string, string]> => {
      const { ino, ctimeNs } = await stat(path, { bigint: true })
      return [path, `${ino} ${ctimeNs}`]
    }),
  )
}
