// An outage in which the world goes on: the roles cannot reach the API server while others change what
// stands there. Used by a test, and by a measurement with a longer outage.
import assert from 'node:assert/strict'
import { parseAllDocuments } from 'yaml'
import { isStatus } from '../../../src/kube/api-error.ts'
import { forEachAtOnce } from '../../../src/kube/at-once.ts'
import type { ApiRequest } from '../../../src/kube/client.ts'
import { pathOf, RESOURCES } from '../../../src/kube/resources.ts'
import { until } from '../../../src/lab/until.ts'
import { eventually } from '../../support/eventually.ts'
import { serviceName } from '../../support/many-services.ts'
import type { Cluster } from './cluster.ts'
import { CONTROL_PLANE, type ControlPlane, type Shown } from './control-plane.ts'
import { type Node, toldBy } from './node.ts'
import {
  endpointsText,
  namespaceText,
  poolText,
  type ServiceOptions,
  serviceText,
} from './objects.ts'

/** Those that come get their addresses elsewhere, so that none takes the place of one that goes. */
const OTHER_POOL = 'other'
const annotations = { 'metallb.io/address-pool': OTHER_POOL }
/** Namespaces: all that is in one can be removed by one request. */
const GOING = 'going'
const COMING = 'coming'
const KINDS = ['EndpointSlice', 'Service'] as const
const AT_ONCE = 16
const PATIENCE = { timeoutMs: 120_000, everyMs: 50 }

/**
 * The server's machine loses the address by which the roles know it. Nobody is told: what they send is
 * lost, as behind a router that fails. This process has a door of its own.
 */
export async function cutOff<T>(
  { control }: ControlPlane,
  meanwhile: () => Promise<T>,
): Promise<T> {
  const address = `address %s ${CONTROL_PLANE}/24 dev eth0`
  await control.ip(address.replace('%s', 'del'))
  try {
    return await meanwhile()
  } finally {
    await control.ip(address.replace('%s', 'add'))
  }
}

export class ManyChanges {
  readonly #cluster: Cluster
  /** Of either sort. */
  readonly #names: readonly string[]
  #gone: ReadonlySet<string> = new Set()
  #mark = 0

  /** Half of them are Services that go, half are new ones. */
  constructor(cluster: Cluster, changes: number) {
    this.#cluster = cluster
    this.#names = Array.from({ length: changes / 2 }, (_, at) => serviceName('turn', at))
  }

  /** Returns when the router knows all that will go. */
  async prepare(): Promise<void> {
    const cluster = this.#cluster
    await cluster.apply(namespaceText(GOING) + namespaceText(COMING))
    await cluster.apply(poolText(OTHER_POOL, '198.19.0.0/16', { autoAssign: false }))
    await this.#create(GOING)
    await this.arrive()
    this.#gone = await this.#prefixes(GOING)
    this.#mark = cluster.nodes[0]!.hearing.mark()
  }

  async make(): Promise<void> {
    await this.#remove(GOING)
    await this.#create(COMING, { annotations })
  }

  /** Waits until every node tells the router just what stands; returns when each did so last. */
  async arrive(): Promise<readonly number[]> {
    const all = await this.#prefixes()
    const { nodes } = this.#cluster
    for (const node of nodes) {
      await until(`${node.name} tells what stands`, () => tells(node, all), PATIENCE)
    }
    return nodes.map(({ hearing }) => hearing.lastUpdateAt)
  }

  /** Everything the router was told: what went is withdrawn, what came announced, and nothing else. */
  async check(): Promise<void> {
    const come = [...(await this.#prefixes(COMING))].map((prefix) => `+${prefix}`)
    const gone = [...this.#gone].map((prefix) => `-${prefix}`)
    const expected = [...come, ...gone].sort()
    for (const node of this.#cluster.nodes) {
      // FRR may say the same twice; that nothing came and went is what counts.
      const told = new Set(toldBy(node, this.#mark))
      assert.deepEqual([...told].sort(), expected, `told by ${node.name}`)
    }
  }

  async tidy(): Promise<void> {
    await this.#remove(COMING)
    await this.arrive()
  }

  /** Of the Services in a namespace, or in all of them, once each has its address. */
  async #prefixes(namespace?: string): Promise<Set<string>> {
    const path = pathOf(RESOURCES.Service, { namespace })
    const addresses = async () => {
      const { items } = await this.#cluster.client.request<{ items: ShownService[] }>({ path })
      const meant = items.filter(({ spec }) => spec.type === 'LoadBalancer')
      const found = meant.flatMap(({ status }) => status?.loadBalancer?.ingress?.[0]?.ip ?? [])
      return found.length === meant.length && found
    }
    const found = await until('every Service has an address', addresses, PATIENCE)
    return new Set(found.map((address) => `${address}/32`))
  }

  async #create(namespace: string, options: ServiceOptions = {}): Promise<void> {
    await forEachAtOnce(this.#names, AT_ONCE, async (name) => {
      const texts = [endpointsText(name, 'n1'), serviceText(name, options)]
      for (const [at, kind] of KINDS.entries()) {
        const object = parseAllDocuments(texts[at]!)[0]!.toJS() as Shown
        const body = { ...object, metadata: { ...object.metadata, namespace } }
        const path = pathOf(RESOURCES[kind], { namespace })
        await this.#accepted({ method: 'POST', path, body })
      }
    })
  }

  async #remove(namespace: string): Promise<void> {
    for (const kind of KINDS) {
      const path = pathOf(RESOURCES[kind], { namespace })
      await this.#accepted({ method: 'DELETE', path, ...PATIENCE })
    }
  }

  /** A server that has only just come back refuses some things for a moment. */
  async #accepted(request: ApiRequest): Promise<void> {
    await eventually(async () => {
      await this.#cluster.client.request(request).catch((error: unknown) => {
        // It was refused before, so who made it was an attempt of ours that got no answer.
        if (request.method !== 'POST' || !isStatus(error, 409)) throw error
      })
    }, PATIENCE.timeoutMs)
  }
}

interface ShownService extends Shown {
  readonly spec: { readonly type: string }
}

function tells({ hearing }: Node, prefixes: ReadonlySet<string>): boolean {
  const { table } = hearing
  return table.size === prefixes.size && [...prefixes].every((prefix) => table.has(prefix))
}
