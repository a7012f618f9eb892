// What stands in the API of a layer 2 cluster beside Services: advertisements, and the Pods that a
// DaemonSet and a kubelet would have made, for speakers find each other by them.
import { parseAddress } from '../../../src/net/address.ts'
import { elect } from '../../../src/reconciler/elect.ts'
import { addressOfNode, type NodeName, OWN, ownText, SHOP } from './objects.ts'

/** On the LAN, so that whoever is there asks who has them; apart from the machines. */
export const POOL4 = '192.0.2.192/26'
export const POOL6 = 'fd00:2::100-fd00:2::1ff'
export const VISITOR6 = 'fd00:2::1'

/** Every list is named: an apply that leaves one out would leave nothing of it, not even the spec. */
const FOR_ALL = { nodeSelectors: [], serviceSelectors: [], interfaces: [] }

export const layer2Text = (name = 'all', spec: object = {}): string =>
  ownText('L2Advertisement', name, { ...FOR_ALL, ...spec })

export const podName = (node: NodeName): string => `speaker-${node}`

/** Ready, in the network of its node. */
export const podText = (node: NodeName): string => `---
apiVersion: v1
kind: Pod
metadata:
  name: ${podName(node)}
  namespace: ${OWN}
  labels: { app: metallb, component: speaker }
spec:
  nodeName: ${node}
  hostNetwork: true
  serviceAccountName: speaker
  automountServiceAccountToken: false
  containers:
    - name: speaker
      image: ferrule:dev
status:
  phase: Running
  podIP: ${addressOfNode(node)}
  podIPs: [{ ip: ${addressOfNode(node)} }]
`

/** Who is elected for it among these, as MetalLB's hash says. */
export function ownerOf(address: string, among: readonly NodeName[]): NodeName {
  return elect(among, parseAddress(address)!)[0] as NodeName
}

/** Addresses of the pool, each given once, by whom they elect. */
export class Addresses {
  readonly #among: readonly NodeName[]
  #left = Array.from({ length: 62 }, (_, at) => `192.0.2.${193 + at}`)

  constructor(among: readonly NodeName[]) {
    this.#among = among
  }

  /** One that elects these nodes, best first; the others come after them in any order. */
  take(...order: readonly NodeName[]): string {
    const isFit = (text: string) => {
      const elected = elect(this.#among, parseAddress(text)!)
      return order.every((node, at) => elected[at] === node)
    }
    const found = this.#left.find(isFit)
    if (!found) throw new Error(`no address is left that elects ${order} among ${this.#among}`)
    this.#left = this.#left.filter((text) => text !== found)
    return found
  }
}

export interface Layer2ServiceOptions {
  readonly address?: string
  readonly policy?: 'Cluster' | 'Local'
  readonly labels?: Readonly<Record<string, string>>
  readonly isDual?: boolean
}

/** With the address it asks for; its endpoints are elsewhere. */
export function layer2ServiceText(name: string, options: Layer2ServiceOptions = {}): string {
  const { address, policy = 'Cluster', labels, isDual = false } = options
  const annotations = address ? { 'metallb.io/loadBalancerIPs': address } : {}
  const object = {
    ...{ apiVersion: 'v1', kind: 'Service' },
    metadata: { name, namespace: SHOP, annotations, labels },
    spec: {
      ...{ type: 'LoadBalancer', selector: { app: name }, externalTrafficPolicy: policy },
      ...(isDual ? { ipFamilyPolicy: 'RequireDualStack' } : {}),
      allocateLoadBalancerNodePorts: false,
      ports: [{ port: 80, protocol: 'TCP' }],
    },
  }
  return `---\n${JSON.stringify(object)}\n`
}
