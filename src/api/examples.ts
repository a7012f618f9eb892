// One short example of each kind, for the reference pages. A test parses each with its own schema.
// AS numbers and addresses are those set aside for documentation (RFC 5398, RFC 5737, RFC 3849).

export const EXAMPLES: Readonly<Record<string, string>> = {
  IPAddressPool: `\
apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata:
  name: web
  namespace: metallb-system
  labels:
    zone: public
spec:
  addresses:
    - 192.0.2.0/26
    - 2001:db8:0:5::10-2001:db8:0:5::ff
  avoidBuggyIPs: true
  serviceAllocation:
    priority: 10
    namespaces: [shop]
`,
  BGPPeer: `\
apiVersion: metallb.io/v1beta2
kind: BGPPeer
metadata:
  name: tor-1
  namespace: metallb-system
spec:
  myASN: 64500
  peerASN: 64501
  peerAddress: 198.51.100.1
  holdTime: 9s
  bfdProfile: fast
  passwordSecret:
    name: tor-1-password
  nodeSelectors:
    - matchLabels:
        rack: "1"
`,
  BGPAdvertisement: `\
apiVersion: metallb.io/v1beta1
kind: BGPAdvertisement
metadata:
  name: web
  namespace: metallb-system
spec:
  ipAddressPools: [web]
  peers: [tor-1]
  localPref: 200
  communities:
    - no-export
    - 64500:80
`,
  L2Advertisement: `\
apiVersion: metallb.io/v1beta1
kind: L2Advertisement
metadata:
  name: office
  namespace: metallb-system
spec:
  ipAddressPoolSelectors:
    - matchLabels:
        zone: office
  interfaces: [eth1]
  preferredNodeSelectors:
    - weight: 10
      preference:
        matchLabels:
          uplink: fast
`,
  BFDProfile: `\
apiVersion: metallb.io/v1beta1
kind: BFDProfile
metadata:
  name: fast
  namespace: metallb-system
spec:
  receiveInterval: 100
  transmitInterval: 100
  detectMultiplier: 3
`,
  Community: `\
apiVersion: metallb.io/v1beta1
kind: Community
metadata:
  name: upstream
  namespace: metallb-system
spec:
  communities:
    - name: to-customers-only
      value: 64500:1000
    - name: region
      value: large:64500:1:7
`,
  ServiceL2Status: `\
apiVersion: metallb.io/v1beta1
kind: ServiceL2Status
metadata:
  name: l2-7xk2p
  namespace: metallb-system
  labels:
    metallb.io/node: node-a
    metallb.io/service-name: shop
    metallb.io/service-namespace: default
status:
  node: node-a
  serviceName: shop
  serviceNamespace: default
  interfaces:
    - name: eth1
`,
  ServiceBGPStatus: `\
apiVersion: metallb.io/v1beta1
kind: ServiceBGPStatus
metadata:
  name: bgp-p9d4w
  namespace: metallb-system
  labels:
    metallb.io/node: node-a
    metallb.io/service-name: shop
    metallb.io/service-namespace: default
status:
  node: node-a
  serviceName: shop
  serviceNamespace: default
  peers: [tor-1, tor-2]
`,
  BGPSessionState: `\
apiVersion: frrk8s.metallb.io/v1beta1
kind: BGPSessionState
metadata:
  name: node-a-5b1f0c9e77aa
  namespace: metallb-system
  labels:
    frrk8s.metallb.io/node: node-a
    frrk8s.metallb.io/peer: 198.51.100.1
    frrk8s.metallb.io/vrf: ""
status:
  node: node-a
  peer: 198.51.100.1
  vrf: ""
  bgpStatus: Established
  bfdStatus: up
`,
  ConfigurationState: `\
apiVersion: metallb.io/v1beta1
kind: ConfigurationState
metadata:
  name: controller
  namespace: metallb-system
  labels:
    metallb.io/component-type: controller
status:
  result: Invalid
  errorSummary: 'IPAddressPool metallb-system/web spec.addresses[0]: invalid CIDR "192.0.2.0"'
  conditions:
    - type: poolReconcilerValid
      status: "False"
      reason: ConfigError
      message: 'IPAddressPool metallb-system/web spec.addresses[0]: invalid CIDR "192.0.2.0"'
      lastTransitionTime: "2026-01-05T10:00:00Z"
`,
  AddressPool: `\
apiVersion: metallb.io/v1beta1
kind: AddressPool
metadata:
  name: old
  namespace: metallb-system
spec:
  protocol: bgp
  addresses:
    - 203.0.113.0/28
  bgpAdvertisements:
    - localPref: 100
`,
  MetalLB: `\
apiVersion: metallb.io/v1beta1
kind: MetalLB
metadata:
  name: metallb
  namespace: metallb-system
spec:
  logLevel: debug
  nodeSelector:
    node-role.kubernetes.io/edge: ""
  speakerConfig:
    priorityClassName: system-node-critical
    resources:
      requests:
        cpu: 50m
        memory: 96Mi
`,
}
