// A user's view of the shop: what kubectl prints of a Service, which events it has, and which nodes say
// that they announce it.
import { until } from '../../../src/lab/until.ts'
import { eventually } from '../../support/eventually.ts'
import type { ControlPlane } from './control-plane.ts'
import { endpointsText, type NodeName, SHOP } from './objects.ts'

/** Four processes, each of which may wait for its turn on a loaded machine. */
const PATIENCE_MS = 60_000

export interface Wanted {
  readonly annotations?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  /** Beside type and selector. */
  readonly spec?: object
}

/** A Service on port 80, unless it says otherwise, and its Pod on a node. */
export function shopText(name: string, { annotations, labels, spec }: Wanted = {}): string {
  const object = {
    ...{ apiVersion: 'v1', kind: 'Service' },
    metadata: { name, namespace: SHOP, annotations, labels },
    spec: {
      ...{ type: 'LoadBalancer', selector: { app: name } },
      ports: [{ port: 80, protocol: 'TCP' }],
      ...spec,
    },
  }
  return `---\n${JSON.stringify(object)}\n${endpointsText(name, 'n2')}`
}

interface ShownEvent {
  readonly type: string
  readonly reason: string
  readonly message: string
  readonly count: number
  readonly source: { readonly component: string; readonly host?: string }
}

export class Shop {
  readonly #cluster: ControlPlane

  constructor(cluster: ControlPlane) {
    this.#cluster = cluster
  }

  /** As a user types it: words separated by blanks. */
  kubectl(words: string): Promise<string> {
    return this.#cluster.server.kubectl(...words.split(' '), '-n', SHOP)
  }

  async apply(name: string, wanted?: Wanted): Promise<void> {
    await this.#cluster.apply(shopText(name, wanted))
  }

  /** The column EXTERNAL-IP. */
  async external(name: string): Promise<string | undefined> {
    const shown = await this.kubectl(`get service ${name} --no-headers`)
    return shown.split(/\s+/)[3]
  }

  /** Waits until the column says this. */
  async shows(name: string, external: string): Promise<void> {
    let shown: string | undefined
    const isShown = async () => {
      shown = await this.external(name)
      return shown === external
    }
    await until(`${name} has ${external}`, isShown, { timeoutMs: PATIENCE_MS }).catch((cause) => {
      throw new Error(`${name} has ${shown}, not ${external}`, { cause })
    })
  }

  /** What `kubectl describe` lists at the end, each as `type reason component message`, sorted. */
  async events(name: string): Promise<string[]> {
    const uid = JSON.parse(await this.kubectl(`get service ${name} -o json`)).metadata.uid
    const selector = `involvedObject.uid=${uid}`
    const list = JSON.parse(await this.kubectl(`get events --field-selector ${selector} -o json`))
    return (list.items as ShownEvent[]).map(printEvent).sort()
  }

  /** Waits until the events satisfy the check. */
  async told(name: string, check: (events: readonly string[]) => void): Promise<void> {
    await eventually(async () => check(await this.events(name)), PATIENCE_MS)
  }

  /** The nodes whose ServiceBGPStatus objects are about it, and what peers each names. */
  async statuses(name: string): Promise<Record<string, string[]>> {
    const all = await this.#cluster.ours('ServiceBGPStatus')
    const labelled = all.filter(({ metadata: { labels } }) => {
      return (
        labels?.['metallb.io/service-name'] === name &&
        labels['metallb.io/service-namespace'] === SHOP
      )
    })
    const entries = labelled.map(({ metadata: { labels }, status }) => [
      labels?.['metallb.io/node'],
      status?.serviceName === name ? status.peers : [],
    ])
    return Object.fromEntries(entries.sort())
  }
}

const printEvent = ({ type, reason, message, count, source }: ShownEvent): string =>
  `${type} ${reason} ${source.component} ${message}${count > 1 ? ` (x${count})` : ''}`

export const assigned = (node: NodeName, protocol = 'bgp'): string =>
  `Normal nodeAssigned metallb-speaker announcing from node "${node}" with protocol "${protocol}"`
