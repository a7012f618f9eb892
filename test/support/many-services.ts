// A cluster as large as a test or benchmark wants it, as text: the configuration of one node with one
// neighbour, and Services with their endpoints, as people and Kubernetes would write them.

export interface Neighbour {
  readonly node: string
  readonly nodeAddress: string
  readonly nodeAsn: number
  readonly address: string
  readonly asn: number
}

/** Room for 65,536 Services, in the network that RFC 2544 sets aside for benchmarks. */
export const POOL = '198.18.0.0/16'

/** `community` is what every route carries. */
export const advertisementText = (community: string): string => `---
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata:
  name: all
spec:
  communities: ["${community}"]
`

export interface PeerOptions {
  readonly holdTime?: string
  readonly bfdProfile?: string
}

export const peerText = (
  { nodeAsn, address, asn }: Neighbour,
  { holdTime = '90s', bfdProfile }: PeerOptions = {},
): string => `---
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata:
  name: router
spec:
  myASN: ${nodeAsn}
  peerASN: ${asn}
  peerAddress: ${address}
  holdTime: ${holdTime}
  connectTime: 1s${bfdProfile ? `\n  bfdProfile: ${bfdProfile}` : ''}
`

export const poolText = (name = 'all', addresses = POOL): string => `---
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: ${name}
spec:
  addresses: [${addresses}]
`

export const nodeText = ({ node, nodeAddress }: Neighbour): string => `---
apiVersion: v1
kind: Node
metadata:
  name: ${node}
  labels:
    kubernetes.io/hostname: ${node}
status:
  addresses:
    - { type: InternalIP, address: ${nodeAddress} }
  conditions:
    - { type: Ready, status: "True" }
`

/** The Service and, in the same file, the endpoints that make it reachable on this node. */
export const serviceText = (name: string, node: string): string => `---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
  namespace: shop
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.1
  clusterIPs: [10.96.0.1]
  ipFamilies: [IPv4]
  ipFamilyPolicy: SingleStack
  externalTrafficPolicy: Cluster
  selector:
    app: ${name}
  ports:
    - { name: http, port: 80, protocol: TCP }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${name}-1
  namespace: shop
  labels:
    kubernetes.io/service-name: ${name}
addressType: IPv4
ports:
  - { name: http, port: 8080, protocol: TCP }
endpoints:
  - { addresses: [10.244.1.5], nodeName: ${node}, conditions: { ready: true } }
`

export const serviceName = (prefix: string, at: number): string =>
  `${prefix}-${String(at).padStart(5, '0')}`
