// How long it takes from a Service at the API server to its address in the status and to the router, how
// many requests that costs, and what is written while nothing happens. Prints a table; it is no test.
//
//   node test/cluster/measure.ts
import { setTimeout as delay } from 'node:timers/promises'
import { parseAllDocuments } from 'yaml'
import { quantile, wallNow } from '../../bench/measure.ts'
import { forEachAtOnce } from '../../src/kube/at-once.ts'
import { pathOf, RESOURCES } from '../../src/kube/resources.ts'
import { watch } from '../../src/kube/watch.ts'
import { until } from '../../src/lab/until.ts'
import { serviceName } from '../support/many-services.ts'
import { type Cluster, openCluster, type Shown } from './support/cluster.ts'
import { endpointsText, SHOP, serviceText } from './support/objects.ts'
import { countsSince, type RequestCounts, requestCounts } from './support/request-counts.ts'

const ROUNDS = 20
const MANY = 1000
const AT_ONCE = 16
const IDLE_MS = 60_000
const PATIENCE = { timeoutMs: 120_000, everyMs: 3 }

const say = (line: string) => process.stdout.write(`${line}\n`)
const ms = (value: number) => `${value.toFixed(0).padStart(7)} ms`

/** When each Service first had an address, as a watch of our own saw it. */
class Addresses {
  readonly given = new Map<string, { address: string; at: number }>()

  constructor({ client }: Cluster, signal: AbortSignal) {
    const nothing = () => {}
    const put = (object: unknown) => {
      const { metadata, status } = object as Shown
      const address = status?.loadBalancer?.ingress?.[0]?.ip
      if (!address || this.given.has(metadata.name)) return
      this.given.set(metadata.name, { address, at: wallNow() })
    }
    const remove = (object: unknown) => this.given.delete((object as Shown).metadata.name)
    const sink = { begin: nothing, put, remove, sweep: nothing, synced: nothing, flush: nothing }
    const failed = ({ message }: { message: string }) => say(`watch: ${message}`)
    const watched = { path: pathOf(RESOURCES.Service, { namespace: SHOP }) }
    this.watching = watch({
      client,
      watched,
      sink: { ...sink, failed, recovered: nothing },
      signal,
    })
  }

  readonly watching: Promise<void>

  of(name: string): Promise<{ address: string; at: number }> {
    return until(`${name} has an address`, () => this.given.get(name), PATIENCE)
  }
}

const pathIn = (kind: 'EndpointSlice' | 'Service', name?: string) =>
  pathOf(RESOURCES[kind], { namespace: SHOP, ...(name ? { name } : {}) })

async function post({ client }: Cluster, kind: 'EndpointSlice' | 'Service', text: string) {
  const body: unknown = parseAllDocuments(text)[0]!.toJS()
  await client.request({ method: 'POST', path: pathIn(kind), body })
}

async function remove({ client }: Cluster, name: string): Promise<void> {
  await client.request({ method: 'DELETE', path: pathIn('Service', name) })
  await client.request({ method: 'DELETE', path: pathIn('EndpointSlice', `${name}-1`) })
}

async function measureOne(cluster: Cluster, addresses: Addresses, name: string) {
  await post(cluster, 'EndpointSlice', endpointsText(name, 'n1'))
  const started = wallNow()
  await post(cluster, 'Service', serviceText(name))
  const accepted = wallNow()
  const { address, at } = await addresses.of(name)
  const prefix = `${address}/32`
  const heard = await Promise.all(cluster.nodes.map(({ hearing }) => hearing.hears(prefix)))
  await remove(cluster, name)
  await cluster.hears(prefix, [])
  await until(`${name} is gone`, () => !addresses.given.has(name), PATIENCE)
  return {
    accepted: accepted - started,
    given: at - started,
    first: Math.min(...heard) - started,
    last: Math.max(...heard) - started,
  }
}

async function measureMany(cluster: Cluster, addresses: Addresses, present: number) {
  const found: Awaited<ReturnType<typeof measureOne>>[] = []
  for (let round = -2; round < ROUNDS; round++) {
    const one = await measureOne(cluster, addresses, `one-${present}-${round + 2}`)
    if (round >= 0) found.push(one)
  }
  for (const [what, samples] of [
    ['Service accepted by the API server', found.map(({ accepted }) => accepted)],
    ['address in the status', found.map(({ given }) => given)],
    ['UPDATE from the first node', found.map(({ first }) => first)],
    ['UPDATE from all three nodes', found.map(({ last }) => last)],
  ] as const) {
    const [half, most, all] = [0.5, 0.9, 1].map((share) => ms(quantile(samples, share)))
    say(`${String(present).padStart(5)} present  ${what.padEnd(36)} ${half} ${most} ${all}`)
  }
}

async function measureBurst(cluster: Cluster): Promise<void> {
  const names = Array.from({ length: MANY }, (_, at) => serviceName('many', at))
  const started = wallNow()
  await forEachAtOnce(names, AT_ONCE, async (name) => {
    await post(cluster, 'EndpointSlice', endpointsText(name, 'n1'))
    await post(cluster, 'Service', serviceText(name))
  })
  const created = wallNow()
  const last = await Promise.all(cluster.nodes.map(({ hearing }) => hearing.counts(MANY)))
  say(`${MANY} Services created in ${ms(created - started)}`)
  say(
    `all at the router, from all nodes, after the last was created: ${ms(Math.max(...last) - created)}`,
  )
}

/** Returns when three looks in a row find the same count: everything has been written. */
async function quiet(cluster: Cluster): Promise<RequestCounts> {
  const login = await cluster.server.access()
  let counts = await requestCounts(login)
  for (let same = 0; same < 3; ) {
    await delay(1_500)
    const next = await requestCounts(login)
    same = [...countsSince(counts, next).writes.keys()].some(isStatus) ? 0 : same + 1
    counts = next
  }
  return counts
}

const isStatus = (what: string) => /status/.test(what)

function printCounts(title: string, { ours, writes }: RequestCounts, divisor = 1): void {
  say(`${title}: ${(ours / divisor).toFixed(2)} requests of our roles`)
  for (const [what, count] of writes) say(`    ${what.padEnd(44)} ${(count / divisor).toFixed(2)}`)
}

await using cluster = await openCluster()
const stop = new AbortController()
const addresses = new Addresses(cluster, stop.signal)
say('                                                         p50       p90       max')
await measureMany(cluster, addresses, 0)
const before = await quiet(cluster)
await measureBurst(cluster)
const after = await quiet(cluster)
printCounts(`per Service, ${MANY} at once`, countsSince(before, after), MANY)
await measureMany(cluster, addresses, MANY)
const idle = await quiet(cluster)
await delay(IDLE_MS)
printCounts(
  'in an idle minute',
  countsSince(idle, await requestCounts(await cluster.server.access())),
)
const speakers = cluster.nodes.map(({ name, speaker }) => [`speaker of ${name}`, speaker] as const)
for (const [what, role] of [['controller', cluster.controller] as const, ...speakers]) {
  say(`${what}, with ${MANY} Services: ${(await role.memoryMb()).toFixed(0)} MB resident`)
}
stop.abort()
await addresses.watching
