// A lab that is up: routers, nodes with an FRR each, and our own processes in them. Everything about it
// follows from its name, its topology and a directory, so any process can look at it or take it down.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { Bird, startBird } from './bird.ts'
import { attachFrr, type Frr, startFrr } from './frr.ts'
import { Net, type Netns, openNet } from './netns.ts'
import { endProcess, isRunning, startDetached } from './process.ts'
import { routerConfig } from './router-config.ts'
import { frrState, type RouterState } from './router-state.ts'
import { type Leg, nodeObjects, type RouterSpec, type Topology } from './topology.ts'

export interface LabOptions {
  topology: Topology
  /** Everything of the lab lives below; it is removed with the lab. */
  dir: string
  /** Of its namespaces' names. */
  prefix: string
  /** Where FRR is unpacked, when the nodes shall not use the machine's own. */
  frrRoot?: string | undefined
  /** The process that will take it down; without one it stays until somebody does. */
  owner?: number
}

export interface Router {
  readonly spec: RouterSpec
  readonly state: RouterState
  /** Its make and version, for people. */
  readonly make: string
}

export class Lab implements AsyncDisposable {
  readonly topology: Topology
  readonly dir: string
  readonly net: Net
  readonly #options: LabOptions

  constructor(options: LabOptions) {
    this.#options = options
    this.topology = options.topology
    this.dir = options.dir
    this.net = new Net(options.prefix)
  }

  /** A process that still holds this lab, if there is one. */
  get owner(): number | undefined {
    const { owner } = this.#options
    return owner !== undefined && isRunning(owner) ? owner : undefined
  }

  /** The folder of objects that controller and speakers share. */
  get objectsDir(): string {
    return join(this.dir, 'objects')
  }

  async buildNetwork(): Promise<void> {
    const { lans, routers, nodes } = this.topology
    await openNet(this.#options.prefix)
    await mkdir(this.objectsDir, { recursive: true })
    await writeFile(join(this.dir, STATE), JSON.stringify(this.#options))
    for (const lan of lans) await this.net.addLan(lan.name)
    const machines = [
      ...routers.map((router) => ({ ...router, forwarding: true })),
      ...nodes.map((node) => ({ ...node, forwarding: false })),
    ]
    for (const { name, legs, forwarding } of machines) {
      await this.#attachLegs(await this.net.addNetns(name, { forwarding }), legs)
    }
    // The controller needs no network, only ports that are its own.
    await this.net.addNetns(CONTROLLER)
  }

  async startRouter(spec: RouterSpec): Promise<Router> {
    const config = routerConfig(this.topology, spec)
    const at = { netns: this.net.netns(spec.name), dir: join(this.dir, spec.name) }
    if (spec.implementation === 'bird') return routerOf(spec, await startBird({ ...at, config }))
    return routerOf(spec, await startFrr({ ...at, config, listen: true }))
  }

  /** FRR as it runs beside a speaker: empty, and deaf to sessions from outside. */
  async startNode(name: string): Promise<Frr> {
    return await startFrr(this.#nodeFrr(name))
  }

  async router(name: string): Promise<Router> {
    const spec = this.topology.routers.find((router) => router.name === name)
    if (!spec) throw new Error(`the lab has no router ${name}`)
    const at = { netns: this.net.netns(name), dir: join(this.dir, name) }
    if (spec.implementation === 'bird') return routerOf(spec, new Bird(at.netns, at.dir))
    return routerOf(spec, await attachFrr({ ...at, listen: true }))
  }

  async routers(): Promise<Router[]> {
    return await Promise.all(this.topology.routers.map(({ name }) => this.router(name)))
  }

  async node(name: string): Promise<Frr> {
    return await attachFrr(this.#nodeFrr(name))
  }

  /** Command line to run `argv` on a machine of the lab, as somebody logged in there would. */
  async command(machine: string, argv: readonly string[]): Promise<string[]> {
    const netns = this.net.netns(machine)
    const router = this.topology.routers.find(({ name }) => name === machine)
    const isNode = this.topology.nodes.some(({ name }) => name === machine)
    const isKnown = router || isNode || machine === CONTROLLER
    if (!isKnown) throw new Error(`the lab has no machine ${machine}: ${this.machines.join(', ')}`)
    const [program = '', ...args] = argv
    if (router?.implementation === 'bird' && program === 'birdc') {
      return netns.command([
        'birdc',
        '-s',
        new Bird(netns, join(this.dir, machine)).socket,
        ...args,
      ])
    }
    if (program !== 'vtysh') return netns.command(argv)
    const frr = router
      ? await attachFrr({ netns, dir: join(this.dir, machine) })
      : await this.node(machine)
    return frr.command(argv)
  }

  get machines(): string[] {
    return [...this.topology.routers, ...this.topology.nodes].map(({ name }) => name)
  }

  /** What a cluster says by itself: its nodes. */
  async writeNodeObjects(): Promise<void> {
    const nodes = nodeObjects(this.topology).map((node) => stringify(node))
    await this.writeObjects('0-nodes.yaml', nodes.join('---\n'))
  }

  /** Appears at once as a whole, as with `kubectl apply`. Names with a dot first are not read. */
  async writeObjects(file: string, text: string): Promise<void> {
    const draft = join(this.objectsDir, `.${file}`)
    await writeFile(draft, text)
    await rename(draft, join(this.objectsDir, file))
  }

  /** `program` is what starts ferrule: the command line up to the command's name. */
  async startController(program: readonly string[]): Promise<void> {
    await this.#startProcess(CONTROLLER, CONTROLLER, [
      ...program,
      ...['controller', '--objects', this.objectsDir],
    ])
  }

  async startSpeaker(program: readonly string[], node: string): Promise<void> {
    await this.#startProcess(node, `speaker-${node}`, [
      ...program,
      ...['speaker', '--objects', this.objectsDir, '--node-name', node],
      ...['--frr-run-dir', join(this.dir, node, 'run')],
      ...['--frr-config-dir', join(this.dir, node, 'etc')],
    ])
  }

  /** Our processes by name: still running, or gone, and what they last wrote. */
  async processes(): Promise<{ name: string; pid: number; running: boolean; log: string }[]> {
    const names = [CONTROLLER, ...this.topology.nodes.map(({ name }) => `speaker-${name}`)]
    const found = await Promise.all(
      names.map(async (name) => {
        const pid = await readIfThere(join(this.dir, `${name}.pid`))
        if (pid === undefined) return []
        const log = (await readIfThere(join(this.dir, `${name}.log`))) ?? ''
        return [{ name, pid: Number(pid), running: isRunning(Number(pid)), log }]
      }),
    )
    return found.flat()
  }

  /** Removes everything, whatever state it is in. */
  async down(): Promise<void> {
    const running = (await this.processes()).filter((one) => one.running)
    await Promise.all(running.map(({ pid }) => endProcess(pid)))
    await this.net.remove()
    await rm(this.dir, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down()
  }

  #nodeFrr(name: string) {
    const { frrRoot } = this.#options
    const at = { netns: this.net.netns(name), dir: join(this.dir, name) }
    return { ...at, ...(frrRoot ? { root: frrRoot } : {}) }
  }

  async #attachLegs(netns: Netns, legs: readonly Leg[]): Promise<void> {
    for (const { lan, ifname, v4, v6 } of legs) {
      const addresses = v6 ? [v4, v6] : [v4]
      await this.net.attach(this.net.lan(lan), netns, { ifname, addresses })
    }
  }

  async #startProcess(netns: string, name: string, argv: readonly string[]): Promise<void> {
    const log = join(this.dir, `${name}.log`)
    const pid = await startDetached(log, this.net.netns(netns).command(argv))
    await writeFile(join(this.dir, `${name}.pid`), String(pid))
  }
}

const STATE = 'lab.json'
const CONTROLLER = 'controller'

/** The lab another process brought up in this directory, or undefined. */
export async function attachLab(dir: string): Promise<Lab | undefined> {
  const state = await readIfThere(join(dir, STATE))
  return state === undefined ? undefined : new Lab(JSON.parse(state) as LabOptions)
}

async function routerOf(spec: RouterSpec, daemon: Frr | Bird): Promise<Router> {
  if (daemon instanceof Bird) {
    return { spec, state: daemon, make: `BIRD ${await daemon.version()}` }
  }
  return { spec, state: frrState(daemon), make: `FRR ${daemon.version}` }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
