// The demo: a lab comes up, the sample objects are applied one after the other, and the routers tell
// what they learned. Every wait is for something the routers themselves say.
import { styleText } from 'node:util'
import { execa } from 'execa'
import type { Lab, Router } from './lab.ts'
import type { Progress } from './progress.ts'
import { type RouteWatch, watchRoutes } from './route-watch.ts'
import type { Path } from './router-state.ts'
import { readSamples, type Sample } from './samples.ts'
import { describeRouter, table } from './tables.ts'
import { addressesOf, bare } from './topology.ts'
import { until } from './until.ts'

export interface DemoOptions {
  lab: Lab
  /** What starts ferrule: the command line up to the command's name. */
  program: readonly string[]
  progress: Progress
  print: (text: string) => void
  signal: AbortSignal
}

/** What each sample does, in the words of somebody who sees it for the first time. */
const MEANING: Readonly<Record<string, string>> = {
  '1-pool.yaml': 'a pool: the addresses Services may have',
  '2-bfd-profile.yaml': 'a BFD profile: notice a dead link within a second',
  '3-password.yaml': "a Secret: the routers' password",
  '4-peers.yaml': 'the BGP peers: every router, as the nodes know it',
  '3-passwords.yaml': "two Secrets: the routers' passwords",
  '5-advertisement.yaml': 'an advertisement: announce the pool, with communities',
  '5-advertisements.yaml': 'four advertisements: a community for each router',
}
const SERVICE = '6-service.yaml'

export async function bringUp({ lab, program, progress, signal }: DemoOptions): Promise<void> {
  const { routers, nodes, lans } = lab.topology
  const size = `${routers.length} routers, ${nodes.length} nodes, ${lans.length} network${lans.length > 1 ? 's' : ''}`
  await progress.step(`Building a network on this machine: ${size}`, () => lab.buildNetwork())
  for (const router of routers) {
    signal.throwIfAborted()
    const what = `Router ${router.name} (AS ${router.asn}) starts`
    await progress.step(
      what,
      () => lab.startRouter(router),
      ({ make }) => make,
    )
  }
  for (const node of nodes) {
    signal.throwIfAborted()
    const what = `Node ${node.name} (AS ${node.asn}): FRR starts, without any configuration`
    await progress.step(
      what,
      () => lab.startNode(node.name),
      ({ version }) => `FRR ${version}`,
    )
  }
  await progress.step('Ferrule starts: one controller, and a speaker on each node', async () => {
    await lab.writeNodeObjects()
    await lab.startController(program)
    for (const node of nodes) await lab.startSpeaker(program, node.name)
  })
}

/** The samples without the Service, and the sessions they lead to. */
export async function applyConfiguration(options: DemoOptions, samples: Sample[]): Promise<void> {
  const { lab, progress } = options
  for (const { file, text } of samples) {
    if (file === SERVICE) continue
    await progress.step(`Applying ${MEANING[file] ?? file}`, () => lab.writeObjects(file, text))
  }
  for (const { spec, state } of await lab.routers()) {
    const legs = lab.topology.nodes.flatMap((node) =>
      node.legs.filter((leg) => leg.lan === spec.lan),
    )
    const expected = legs.flatMap(({ v4, v6 }) => [v4, v6]).filter((one) => one !== undefined)
    const what = `Router ${spec.name} has a session with every node, watched by BFD`
    await progress.step(what, () =>
      waitFor(options, what, async () => {
        const sessions = new Map((await state.sessions()).map((session) => [session.peer, session]))
        const isUp = (address: string) => {
          const session = sessions.get(bare(address))
          return session?.established && (session.bfdUp || !lab.topology.bfd)
        }
        return expected.every(isUp)
      }),
    )
  }
}

interface Learned {
  router: Router
  paths: Path[]
  /** After the Service was written: its first route, and the last change of it. */
  firstMs: number
  lastMs: number
}

/** Writes the Service and waits until every router has it by every node, in both families. */
export async function announceService(options: DemoOptions, service: Sample): Promise<Learned[]> {
  const { lab, progress } = options
  const routers = await lab.routers()
  const watches = routers.map(({ spec }) => watchRoutes(lab.net.netns(spec.name)))
  await using _ = { [Symbol.asyncDispose]: () => closeAll(watches) }
  const { v6 } = lab.topology.pools
  const families = v6 ? 2 : 1
  const written = await progress.step('Applying a Service of type LoadBalancer', async () => {
    const at = performance.timeOrigin + performance.now()
    await lab.writeObjects(service.file, service.text)
    return at
  })
  const learned: Learned[] = []
  for (const [index, router] of routers.entries()) {
    const what = `Router ${router.spec.name} has the route by all ${lab.topology.nodes.length} nodes`
    const paths = await progress.step(
      `${what}${v6 ? ', IPv4 and IPv6' : ''}`,
      () => waitFor(options, what, () => completePaths(router, lab, families)),
      (all) => prefixesOf(all).join(' and '),
    )
    const times = prefixesOf(paths).map((prefix) => watches[index]?.seen(bare(prefix)))
    const firstMs = Math.max(...times.map((seen) => (seen?.first ?? Number.NaN) - written))
    const lastMs = Math.max(...times.map((seen) => (seen?.last ?? Number.NaN) - written))
    learned.push({ router, paths, firstMs, lastMs })
  }
  return learned
}

export async function runDemo(options: DemoOptions): Promise<void> {
  const { lab, program, print } = options
  const samples = await readSamples(lab.topology.samples)
  const service = samples.find(({ file }) => file === SERVICE)
  if (!service) throw new Error(`the samples of ${lab.topology.name} have no ${SERVICE}`)
  await bringUp(options)
  await applyConfiguration(options, samples)
  const learned = await announceService(options, service)

  for (const { router } of learned) print(`\n${await describeRouter(lab.topology, router)}`)
  print(`\n${title('Why, asked of Ferrule itself')} (ferrule explain service default/web)`)
  const argv = [...program, 'explain', '--objects', lab.objectsDir, 'service', 'default/web']
  const [file = '', ...args] = argv
  print((await execa(file, args)).stdout)
  print(`\n${title('From writing the Service to the route in a router’s kernel, both families')}`)
  print(
    table(
      ['router', 'by the first node', 'by all nodes'],
      learned.map(({ router, firstMs, lastMs }) => [
        `${router.spec.name} (${router.make})`,
        `${firstMs.toFixed(0)} ms`,
        `${lastMs.toFixed(0)} ms`,
      ]),
    ),
  )
}

export const title = (text: string) => styleText('bold', text)

/**
 * Undefined until each node's own path is there, for as many prefixes as there are families. What other
 * routers pass on does not count.
 */
async function completePaths(
  { state }: Router,
  { topology }: Lab,
  families: number,
): Promise<Path[] | undefined> {
  const nodes = topology.nodes.map((node) => new Set(addressesOf(node)))
  const byPrefix = Map.groupBy(await state.paths(), ({ prefix }) => prefix)
  const complete = [...byPrefix.values()].filter((paths) =>
    nodes.every((addresses) => paths.some(({ nextHop }) => addresses.has(nextHop))),
  )
  return complete.length >= families ? complete.flat() : undefined
}

const prefixesOf = (paths: readonly Path[]) => [...new Set(paths.map(({ prefix }) => prefix))]

/** Waits, but not for a process that is gone: then its own last words are the reason. */
async function waitFor<T>(
  { lab, signal }: DemoOptions,
  what: string,
  check: () => Promise<T>,
): Promise<Exclude<T, undefined | false>> {
  let ended: string | undefined
  const result = await until(
    what,
    async () => {
      const gone = (await lab.processes()).find(({ running }) => !running)
      ended = gone && `${gone.name} has ended. Its last lines:\n${lastLines(gone.log)}`
      return ended !== undefined || (await check())
    },
    { timeoutMs: 45_000, everyMs: 50, signal },
  )
  if (ended !== undefined) throw new Error(ended)
  return result as Exclude<T, undefined | false>
}

export const lastLines = (log: string) => log.trimEnd().split('\n').slice(-15).join('\n')

async function closeAll(watches: readonly RouteWatch[]): Promise<void> {
  await Promise.all(watches.map((watch) => watch[Symbol.asyncDispose]()))
}
