// What people and Kubernetes would write into the cluster of these tests, as YAML. Apart from the texts
// for folders, because an API server gives out cluster addresses itself, and wants every namespace.
import { POOL } from '../../support/many-services.ts'

export const ROUTER = { address: '192.0.2.1', asn: 64512 }
export const NODE_ASN = 64513
export const COMMUNITY = '64513:100'
export const OWN = 'metallb-system'
export const SHOP = 'shop'
/** As many as a cluster may have, and those that most have. */
export const ALL_NAMES = ['n1', 'n2', 'n3', 'n4', 'n5'] as const
export type NodeName = (typeof ALL_NAMES)[number]
export const NAMES = ['n1', 'n2', 'n3'] as const satisfies readonly NodeName[]

export const addressOfNode = (node: NodeName): string => `192.0.2.1${node.slice(1)}`

const own = (kind: string, name: string, version = 'v1beta1') => `---
apiVersion: metallb.io/${version}
kind: ${kind}
metadata:
  name: ${name}
  namespace: ${OWN}
`

/** Any object of our namespace. */
export const ownText = (kind: string, name: string, spec: object, version?: string): string =>
  `${own(kind, name, version)}spec: ${JSON.stringify(spec)}\n`

export interface PoolOptions {
  readonly autoAssign?: boolean
}

export const poolText = (
  name = 'all',
  addresses = POOL,
  { autoAssign = true }: PoolOptions = {},
): string =>
  `${own('IPAddressPool', name)}spec:
  addresses: [${addresses}]
  autoAssign: ${autoAssign}
`

export const advertisementText = (): string =>
  `${own('BGPAdvertisement', 'all')}spec:
  communities: ["${COMMUNITY}"]
`

export interface PeerOptions {
  readonly address?: string
  readonly secret?: string
}

export const peerText = (
  name = 'router',
  { address = ROUTER.address, secret }: PeerOptions = {},
): string =>
  `${own('BGPPeer', name, 'v1beta2')}spec:
  myASN: ${NODE_ASN}
  peerASN: ${ROUTER.asn}
  peerAddress: ${address}
  holdTime: 90s
  connectTime: 1s${secret ? `\n  passwordSecret: { name: ${secret} }` : ''}
`

export const namespaceText = (name: string): string => `---
apiVersion: v1
kind: Namespace
metadata:
  name: ${name}
`

export interface ServiceOptions {
  readonly policy?: 'Cluster' | 'Local'
  readonly annotations?: Readonly<Record<string, string>>
}

export const serviceText = (
  name: string,
  { policy = 'Cluster', annotations = {} }: ServiceOptions = {},
): string => `---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: ${SHOP}
  annotations: ${JSON.stringify(annotations)}
spec:
  type: LoadBalancer
  externalTrafficPolicy: ${policy}
  # Nobody serves node ports here, and there are fewer of them than Services in the measurement.
  allocateLoadBalancerNodePorts: false
  selector:
    app: ${name}
  ports:
    - { name: http, port: 80, protocol: TCP }
`

/** As the controller of Kubernetes would write it: one ready Pod on this node. */
export const endpointsText = (service: string, node: NodeName): string => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${service}-1
  namespace: ${SHOP}
  labels:
    kubernetes.io/service-name: ${service}
addressType: IPv4
ports:
  - { name: http, port: 8080, protocol: TCP }
endpoints:
  - { addresses: [10.244.1.5], nodeName: ${node}, conditions: { ready: true } }
`

/** A Service and its endpoints. */
export const webText = (name: string, node: NodeName, options: ServiceOptions = {}): string =>
  serviceText(name, options) + endpointsText(name, node)
