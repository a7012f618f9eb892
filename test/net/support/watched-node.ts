// A node with two routers, one on a cable and one behind a switch, all with a real FRR, and the speaker's role over it in
// this process: what it sees and says of its sessions can be looked at, with the time.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { SpeakerRole } from '../../../src/cmd/speaker-role.ts'
import { openFrr } from '../../../src/frr/apply.ts'
import { Observer } from '../../../src/frr/observer.ts'
import { openFolder } from '../../../src/kube/folder.ts'
import { type Frr, startFrr } from '../../../src/lab/frr.ts'
import {
  type InterfaceSpec,
  type Net,
  type Netns,
  openNet,
  uniquePrefix,
} from '../../../src/lab/netns.ts'
import { openLog } from '../../../src/log.ts'
import { Metrics } from '../../../src/metrics/record.ts'
import { Loop } from '../../../src/reconciler/loop.ts'
import type { World } from '../../../src/reconciler/world.ts'
import { FakeLayer2 } from '../../support/start-speaker.ts'
import type { FrrVersion } from './frr-versions.ts'

export const NODE = 'n1'
export const NODE_ASN = 64512
export const ROUTER_ASN = 64513
export const ROUTERS = ['10.9.1.1', '10.9.2.1'] as const

export interface Router {
  readonly frr: Frr
  readonly netns: Netns
  /** Of its link to the node. */
  readonly ifname: string
}

export class WatchedNode implements AsyncDisposable {
  readonly role: SpeakerRole
  /** The node's own. */
  readonly frr: Frr
  readonly routers: readonly Router[]
  /** `sessionUp tor-1`, as the log says it. */
  readonly logged: readonly string[]
  /** The same of events. */
  readonly told: readonly string[]
  readonly #objects: string
  readonly #stack: AsyncDisposableStack

  /** Makes passes on this world from now on, as the loop of a process does. */
  static async open({ root }: FrrVersion, world: World): Promise<WatchedNode> {
    await using stack = new AsyncDisposableStack()
    const dir = await mkdtemp(join(tmpdir(), 'ferrule-sessions-'))
    stack.defer(() => rm(dir, { recursive: true, force: true }))
    const net = stack.use(await openNet(uniquePrefix('sess')))
    const netns = await net.addNetns('node')
    const routers: Router[] = []
    for (const [at, address] of ROUTERS.entries()) {
      const [ifname, own] = [`eth${at}`, address.replace(/1$/, '11')]
      const far = await net.addNetns(`router-${at}`)
      const near = { netns, ifname, addresses: [`${own}/24`] }
      const end = { netns: far, ifname, addresses: [`${address}/24`] }
      if (at === 0) await net.link(near, end)
      else await joinBySwitch(net, near, end)
      const config = routerConfig(address, own)
      const place = { netns: far, dir: join(dir, `router-${at}`), listen: true, config }
      routers.push({ frr: stack.use(await startFrr(place)), netns: far, ifname })
    }
    const place = { netns, dir: join(dir, 'node'), ...(root ? { root } : {}) }
    const frr = stack.use(await startFrr(place))
    const { runDir, configDir } = frr
    const logged: string[] = []
    const log = openLog('info', { write: (line) => note(logged, JSON.parse(line)) })
    const observer = stack.use(new Observer({ runDir, log }))
    const edge = stack.use(await openFrr({ runDir, configDir, log }))
    const objects = join(dir, 'objects')
    await mkdir(objects)
    const given = { frr, edge, observer, log, logged, routers, objects }
    const node = new WatchedNode(given, stack.move())
    node.#serve(world)
    return node
  }

  private constructor(
    given: Pick<WatchedNode, 'frr' | 'routers'> & {
      readonly edge: Awaited<ReturnType<typeof openFrr>>
      readonly observer: Observer
      readonly log: ReturnType<typeof openLog>
      readonly logged: string[]
      readonly objects: string
    },
    stack: AsyncDisposableStack,
  ) {
    const { frr, edge, observer, log, logged, routers, objects } = given
    const told: string[] = []
    const source = openFolder({ dir: objects, namespace: 'm', onError: fail, watch: false })
    stack.use(source)
    this.role = new SpeakerRole(
      { node: NODE, namespace: 'm', ignoreExcludeLb: false, logLevel: 'info' },
      {
        ...{ source, frr: edge, observer, l2: new FakeLayer2(), log },
        metrics: new Metrics({ speaker: true }),
        record: ({ reason, involved }) => told.push(`${reason} ${involved.name}`),
      },
    )
    this.frr = frr
    this.routers = routers
    this.logged = logged
    this.told = told
    this.#objects = objects
    this.#stack = stack
  }

  /** Of this kind, as they stand. */
  statuses<Status>(kind: string): Status[] {
    const dir = join(this.#objects, '.status', kind, 'm')
    if (!existsSync(dir)) return []
    // A file that is being written is hidden until it is whole.
    const files = readdirSync(dir).filter((name) => !name.startsWith('.'))
    return files.map((name) => parse(readFileSync(join(dir, name), 'utf8')).status as Status)
  }

  #serve(world: World): void {
    const stop = new AbortController()
    const { signal } = stop
    const loop = new Loop({ signal, pass: () => this.role.pass(world), onFailure: () => {} })
    this.role.onChange(loop.markDirty)
    const running = loop.run()
    this.#stack.defer(async () => {
      stop.abort()
      await running
      await this.role.finish()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync()
  }
}

type End = InterfaceSpec & { readonly netns: Netns }

/** The node's link stays up when the router's goes. */
async function joinBySwitch(net: Net, ...ends: readonly End[]): Promise<void> {
  const lan = await net.addLan('switch')
  for (const { netns, ...spec } of ends) await net.attach(lan, netns, spec)
}

const routerConfig = (own: string, node: string) => `\
router bgp ${ROUTER_ASN}
 bgp router-id ${own}
 no bgp ebgp-requires-policy
 neighbor ${node} remote-as ${NODE_ASN}
 neighbor ${node} passive
 neighbor ${node} bfd
exit
`

const fail = (error: Error) => {
  throw error
}

function note(logged: string[], { op, event, name }: Record<string, unknown>): void {
  if (op === 'session') logged.push(`${event} ${name}`)
}
