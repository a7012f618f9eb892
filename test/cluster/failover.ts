// How long an address is nobody's when its owner goes, and what happens when the owner is back: seen by a
// neighbour that sends to it every millisecond, and one that asks without end. Prints a table; it is no test.
//
//   node test/cluster/failover.ts [ROUNDS] [WAY]     a way: SIGTERM, SIGKILL, 'link down', SIGSTOP; all
import { setTimeout as delay } from 'node:timers/promises'
import { quantile, wallNow } from '../../bench/measure.ts'
import { kill } from '../../src/lab/process.ts'
import { type Layer2Cluster, openLayer2Cluster } from './support/layer2-cluster.ts'
import type { Sight } from './support/layer2-eyes.ts'
import { Addresses, layer2ServiceText } from './support/layer2-objects.ts'
import { ALL_NAMES, endpointsText, type NodeName } from './support/objects.ts'
import type { Visitor } from './support/visitor.ts'

const ROUNDS = Number(process.argv[2] ?? 10)
const WAY = process.argv[3]
/** For gossip to come to rest between rounds. */
const REST_MS = 2_000
/** Who is back sooner counts as accused wrongly, and is accused the slow way only for a minute. */
const AWAY_MS = 5_500
/** Of the return: nobody who answered wrongly does so any longer. */
const RETURN_MS = 3_000
const OWNER = 'n1'
const HEIR = 'n2'

interface Way {
  readonly what: string
  readonly go: (cluster: Layer2Cluster) => unknown
  readonly comeBack: (cluster: Layer2Cluster) => unknown
}

const ownerOf = (cluster: Layer2Cluster) => cluster.node(OWNER).speaker
const WAYS: readonly Way[] = [
  {
    what: 'SIGTERM',
    go: (cluster) => kill(ownerOf(cluster).pid, 'SIGTERM'),
    comeBack: (cluster) => ownerOf(cluster).start(),
  },
  {
    what: 'SIGKILL',
    go: (cluster) => kill(ownerOf(cluster).pid, 'SIGKILL'),
    comeBack: (cluster) => ownerOf(cluster).start(),
  },
  {
    what: 'link down',
    go: (cluster) => cluster.unplug(OWNER),
    comeBack: (cluster) => cluster.plug(OWNER),
  },
  {
    what: 'SIGSTOP',
    go: (cluster) => kill(ownerOf(cluster).pid, 'SIGSTOP'),
    comeBack: (cluster) => kill(ownerOf(cluster).pid, 'SIGCONT'),
  },
]

/** Milliseconds each. */
interface Round {
  /** Until another node claims the address. */
  readonly claimed: number
  /** Until the neighbour's kernel sends there. */
  readonly believed: number
  /** After the return: two nodes answered for the owner's address, and for the heir's. */
  readonly ownTwice: number
  readonly foreignTwice: number
  /** The neighbour's kernel sent what is the heir's to somebody else. */
  readonly misled: number
}

const COLUMNS: readonly (readonly [string, (round: Round) => number])[] = [
  ['first claim of another node', ({ claimed }) => claimed],
  ["neighbour's kernel sends there", ({ believed }) => believed],
  ['back: two answer for its address', ({ ownTwice }) => ownTwice],
  ["back: two answer for another's", ({ foreignTwice }) => foreignTwice],
  ["back: another's goes to it", ({ misled }) => misled],
]

/** The owner's address, and one that is the heir's all the time. */
interface Stage {
  readonly cluster: Layer2Cluster
  readonly asker: Visitor
  readonly address: string
  readonly foreign: string
}

async function oneRound(stage: Stage, way: Way): Promise<Round> {
  const { cluster, asker, address, foreign } = stage
  const { eyes } = cluster.visitor
  await cluster.answeredBy(foreign, HEIR)
  await cluster.answeredBy(address, OWNER)
  await delay(REST_MS)
  const { mac } = cluster.node(OWNER)
  const mark = eyes.mark()
  const started = wallNow()
  await way.go(cluster)
  const isClaim = ({ kind, address: about, from }: Sight) =>
    kind === 'claim' && about === address && from !== mac
  const isCall = ({ kind, address: about, to, at }: Sight) =>
    kind === 'call' && about === address && to !== mac && at > started
  const claim = await eyes.sees('a claim', isClaim, { mark })
  const call = await eyes.sees('a datagram to the heir', isCall, { mark })
  await delay(AWAY_MS)
  const back = { visitor: eyes.mark(), asker: asker.eyes.mark() }
  await way.comeBack(cluster)
  await askFor(asker, [address, foreign])
  return {
    claimed: claim.at - started,
    believed: call.at - started,
    ownTwice: twice(stage, back.asker, { about: address, winner: OWNER }),
    foreignTwice: twice(stage, back.asker, { about: foreign, winner: HEIR }),
    misled: misled(stage, back.visitor),
  }
}

/** Again and again: whoever thinks that an address is its own says so. */
async function askFor(asker: Visitor, addresses: readonly string[]): Promise<void> {
  const until = performance.now() + RETURN_MS
  while (performance.now() < until) {
    for (const address of addresses) await asker.asks(address)
  }
}

/** From the first to the last datagram that went astray. */
function misled({ cluster, foreign }: Stage, mark: number): number {
  const { mac } = cluster.node(HEIR)
  const astray = cluster.visitor.eyes
    .since(mark)
    .filter(({ kind, address, to }) => kind === 'call' && address === foreign && to !== mac)
  return astray.length === 0 ? 0 : astray.at(-1)!.at - astray[0]!.at
}

/** From the first time that two nodes said so until the last word of the one that had to stop. */
function twice(
  { cluster, asker }: Stage,
  mark: number,
  { about, winner }: { readonly about: string; readonly winner: NodeName },
): number {
  const { mac } = cluster.node(winner)
  const said = asker.eyes
    .since(mark)
    .filter(({ kind, address }) => address === about && (kind === 'claim' || kind === 'answer'))
  const ours = said.filter(({ from }) => from === mac)
  const others = said.filter(({ from }) => from !== mac)
  if (ours.length === 0 || others.length === 0) return 0
  const from = Math.max(ours[0]!.at, others[0]!.at)
  return Math.max(0, others.at(-1)!.at - from)
}

/** No other machine is there: whoever tells of one took a node for it. */
async function alarms({ nodes }: Layer2Cluster): Promise<number> {
  const logs = await Promise.all(nodes.map(({ speaker }) => speaker.log()))
  return logs
    .join('')
    .split('\n')
    .filter((line) => line.includes('"event":"conflict"')).length
}

const say = (line: string) => process.stdout.write(`${line}\n`)
const ms = (value: number) => `${value.toFixed(0).padStart(6)} ms`

async function measure(names: readonly NodeName[]): Promise<void> {
  await using cluster = await openLayer2Cluster({ names, frr: names, everyMs: 1 })
  const addresses = new Addresses(names)
  const address = addresses.take(OWNER, HEIR)
  const foreign = addresses.take(HEIR)
  for (const [at, one] of [address, foreign].entries()) {
    const name = `web-${at}`
    await cluster.apply(layer2ServiceText(name, { address: one }) + endpointsText(name, HEIR))
  }
  const asker = await cluster.addVisitor('asker', '192.0.2.2')
  for (const way of WAYS.filter(({ what }) => WAY === undefined || what === WAY)) {
    const rounds: Round[] = []
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push(await oneRound({ cluster, asker, address, foreign }, way))
    }
    for (const [what, pick] of COLUMNS) {
      const samples = rounds.map(pick)
      const [half, most, all] = [0.5, 0.9, 1].map((share) => ms(quantile(samples, share)))
      say(`${names.length} nodes  ${way.what.padEnd(10)} ${what.padEnd(34)} ${half} ${most} ${all}`)
    }
    say(
      `${names.length} nodes  ${way.what.padEnd(10)} false alarms so far: ${await alarms(cluster)}`,
    )
  }
}

say(`${' '.repeat(60)}p50       p90       max   (${ROUNDS} rounds each)`)
await measure(ALL_NAMES.slice(0, 3))
await measure(ALL_NAMES)
