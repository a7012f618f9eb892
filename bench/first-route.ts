// From a file that is written to the UPDATE at the neighbour, through the real controller, speaker and
// FRR; and the same changes beside it by frr-reload.py. Whatever stood between the two is in the number.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNet, uniquePrefix } from '../src/lab/netns.ts'
import { anyExists } from '../src/lab/packages.ts'
import { frrVersions } from '../test/net/support/frr-versions.ts'
import { COMMUNITY, fillWith, NEIGHBOUR, WholeNode } from '../test/net/support/whole-node.ts'
import { eventually } from '../test/support/eventually.ts'
import { advertisementText, serviceText } from '../test/support/many-services.ts'
import { type Bench, type BenchOptions, type Row, wallNow } from './measure.ts'
import { buildProgram, type Program } from './program.ts'
import { FRR_RELOAD, Reloaded } from './reloaded.ts'

export const bench: Bench = {
  about: 'from a file to the UPDATE at the neighbour, beside frr-reload.py',
  whyNot: async () => {
    const [own] = await frrVersions()
    if (own?.missing) return own.missing
    return (await anyExists([FRR_RELOAD])) ? undefined : 'install frr-pythontools'
  },
  run: async (options) => {
    await using program = await buildProgram()
    const rows: Row[] = []
    for (const present of options.quick ? [0, 1000] : [0, 1000, 5000]) {
      options.say(`${present} Services present`)
      rows.push(...(await measureWith(program, present, options)))
    }
    return rows
  },
}

/** With so many Services present: the median from the file to the UPDATE. */
const BUDGETS: Readonly<Record<number, number>> = { 0: 100, 1000: 100, 5000: 200 }
const BURST = 1000
const BURST_BUDGET_SECONDS = 3

async function measureWith(
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
  const twin = stack.use(await Reloaded.open({ net, name: 'twin', dir }))
  await twin.reload(await settledConf(node, present))
  await twin.hearing.established()
  await twin.hearing.counts(present)
  const stage = new Stage(node, twin, present)
  for (let round = 0; round < (quick ? 5 : 20); round++) await stage.oneMore(round)
  for (let round = 0; round < (quick ? 1 : 3); round++) await stage.oneMoreTwice(round)
  for (let round = 0; present > 0 && round < (quick ? 1 : 3); round++)
    await stage.otherCommunity(round)
  if (present === 0) await stage.burst()
  return stage.rows()
}

/** frr.conf once it says so many networks; it is written after FRR runs it. */
const settledConf = (node: WholeNode, networks: number) =>
  eventually(async () => {
    const text = await node.confText()
    const found = text.match(/^ +network /gm)?.length ?? 0
    if (found !== networks) throw new Error(`frr.conf has ${found} networks, not ${networks}`)
    return text
  })

class Stage {
  readonly #node: WholeNode
  readonly #twin: Reloaded
  readonly #present: number
  readonly #ours = new Map<string, number[]>()
  readonly #theirs = new Map<string, number[]>()

  constructor(node: WholeNode, twin: Reloaded, present: number) {
    this.#node = node
    this.#twin = twin
    this.#present = present
  }

  /** A Service comes, then goes. */
  async oneMore(round: number): Promise<void> {
    const { prefix, at, file } = await this.#add(`one-${round}`)
    note(this.#ours, 'one more Service → address in its status', wallNow() - at)
    note(this.#ours, 'one more Service → UPDATE', (await this.#node.hearing.hears(prefix)) - at)
    await settledConf(this.#node, this.#present + 1)
    const removedAt = wallNow()
    await this.#node.remove(file)
    const gone = await this.#node.hearing.hearsWithdrawn(prefix)
    note(this.#ours, 'one Service less → withdrawal', gone - removedAt)
    await settledConf(this.#node, this.#present)
  }

  /** The same, its texts given to frr-reload.py one after the other. */
  async oneMoreTwice(round: number): Promise<void> {
    const { prefix, file } = await this.#add(`two-${round}`)
    await this.#node.hearing.hears(prefix)
    const { hearing } = this.#twin
    const before = await this.#twin.reload(await settledConf(this.#node, this.#present + 1))
    note(this.#theirs, 'one more Service → UPDATE', (await hearing.hears(prefix)) - before)
    await this.#node.remove(file)
    await this.#node.hearing.hearsWithdrawn(prefix)
    const removedAt = await this.#twin.reload(await settledConf(this.#node, this.#present))
    const gone = await hearing.hearsWithdrawn(prefix)
    note(this.#theirs, 'one Service less → withdrawal', gone - removedAt)
  }

  /** All routes get another community, here and there. */
  async otherCommunity(round: number): Promise<void> {
    const name = (at: number) => (at < 0 ? COMMUNITY : `64513:${200 + at}`)
    const [before, after] = [name(round - 1), name(round)]
    const at = wallNow()
    await this.#node.write('advertisement.yaml', advertisementText(after))
    await this.#noteCommunity(this.#ours, this.#node.hearing, after, at)
    const reloadedAt = await this.#twin.replaceCommunity(before, after)
    await this.#noteCommunity(this.#theirs, this.#twin.hearing, after, reloadedAt)
  }

  async burst(): Promise<void> {
    await fillWith(this.#node, 'burst', BURST)
    const at = wallNow()
    const last = await this.#node.hearing.counts(this.#present + BURST)
    note(this.#ours, `${BURST} Services at once → all, after the last file`, last - at)
    const text = await settledConf(this.#node, this.#present + BURST)
    const reloadedAt = await this.#twin.reload(text)
    const lastThere = await this.#twin.hearing.counts(this.#present + BURST)
    const what = `${BURST} Services at once → all, after the last file`
    note(this.#theirs, what, lastThere - reloadedAt)
  }

  rows(): Row[] {
    return [...this.#ours].map(([what, samples]) => {
      const theirs = this.#theirs.get(what)
      const baseline = theirs && { what: 'frr-reload.py, applying alone', samples: theirs }
      const budget = budgetOf(what, this.#present)
      return {
        what: `${what}, ${this.#present} present`,
        ...{ unit: 'ms', samples },
        ...(baseline ? { baseline } : {}),
        ...(budget === undefined ? {} : { budget }),
      } as const
    })
  }

  async #add(name: string): Promise<{ prefix: string; at: number; file: string }> {
    const file = `${name}.yaml`
    const at = wallNow()
    await this.#node.write(file, serviceText(name, NEIGHBOUR.node))
    return { prefix: `${await this.#node.addressOf(name)}/32`, at, file }
  }

  async #noteCommunity(
    into: Map<string, number[]>,
    hearing: WholeNode['hearing'],
    community: string,
    at: number,
  ): Promise<void> {
    const times = await eventually(() => {
      const heard = [...hearing.table.values()]
      const changed = heard.filter(({ route }) => route.communities.includes(community))
      if (changed.length < this.#present) throw new Error(`${changed.length} have ${community}`)
      return changed.map((one) => one.at - at)
    }, 60_000)
    note(into, 'another community → first UPDATE', Math.min(...times))
    note(into, 'another community → last UPDATE', Math.max(...times))
  }
}

function note(into: Map<string, number[]>, what: string, ms: number): void {
  const list = into.get(what) ?? []
  into.set(what, list)
  list.push(ms)
}

function budgetOf(what: string, present: number): number | undefined {
  if (what.endsWith('status')) return 20
  if (what.startsWith('one')) return BUDGETS[present]
  return what.startsWith(String(BURST)) ? BURST_BUDGET_SECONDS * 1000 : undefined
}
