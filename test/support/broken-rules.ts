// For every CEL rule of our definitions an object that breaks it, where, and the sentence with which
// it is refused: by our own parser as by a real API server, which is why the table stands by itself.

export interface BrokenRule {
  readonly kind: string
  readonly version: string
  /** The field to blame. */
  readonly path: string
  readonly sentence: string
  readonly spec: Readonly<Record<string, unknown>>
  /** Of a kind that has only one. */
  readonly name?: string
}

type Row = readonly [path: string, sentence: string, wrong: Readonly<Record<string, unknown>>]

const rows = (kind: string, version: string, good: Row[2], list: readonly Row[]): BrokenRule[] =>
  list.map(([path, sentence, wrong]) => ({
    kind,
    version,
    path,
    sentence,
    spec: Object.fromEntries(
      Object.entries({ ...good, ...wrong }).filter(([, value]) => value !== undefined),
    ),
  }))

const WRITE = 'write a prefix like 192.0.2.0/24 or a range like 192.0.2.1-192.0.2.9'
const only = (...addresses: string[]) => ({ addresses })

const ADDRESSES: readonly Row[] = [
  ['addresses', 'a pool needs at least one address range', { addresses: [] }],
  ['addresses[0]', `invalid CIDR "10.0.0.0/33": ${WRITE}`, only('10.0.0.0/33')],
  ['addresses[1]', `invalid CIDR "all": ${WRITE}`, only('192.0.2.0/24', 'all')],
  [
    'addresses[0]',
    `invalid CIDR "192.0.2.1": ${WRITE}; for one address write 192.0.2.1/32`,
    only('192.0.2.1'),
  ],
  [
    'addresses[0]',
    `invalid CIDR "2001:db8::1": ${WRITE}; for one address write 2001:db8::1/128`,
    only('2001:db8::1'),
  ],
  [
    'addresses[0]',
    'invalid IP range "192.0.2.x-192.0.2.9": "192.0.2.x" is not an IP address',
    only('192.0.2.x-192.0.2.9'),
  ],
  [
    'addresses[0]',
    'invalid IP range "192.0.2.1 - ": "" is not an IP address',
    only('192.0.2.1 - '),
  ],
  [
    'addresses[0]',
    'invalid IP range "192.0.2.1-2001:db8::1": the ends belong to different IP families',
    only('192.0.2.1-2001:db8::1'),
  ],
]

const ROUTE: readonly Row[] = [
  [
    'aggregationLength',
    'invalid aggregation length: must be at most 32',
    { aggregationLength: 33 },
  ],
  ['aggregationLengthV6', 'must be at least 0', { aggregationLengthV6: -1 }],
  [
    'aggregationLengthV6',
    'invalid aggregation length: must be at most 128',
    { aggregationLengthV6: 129 },
  ],
  ['localPref', 'must be at least 0', { localPref: -1 }],
  ['localPref', 'must be at most 4294967295', { localPref: 4294967296 }],
]
const inFirst = ([path, sentence, wrong]: Row): Row => [
  `bgpAdvertisements[0].${path}`,
  sentence,
  { bgpAdvertisements: [wrong] },
]

const LEGACY_POOL: readonly Row[] = [
  ...ADDRESSES,
  ...ROUTE.map(inFirst),
  [
    'bgpAdvertisements',
    'bgpAdvertisements need protocol bgp',
    { protocol: 'layer2', bgpAdvertisements: [{}] },
  ],
]
const legacyPool = { protocol: 'bgp', ...only('192.0.2.0/24') }

const DURATION = 'is not a duration; write a number and a unit, like 90s, 1m30s or 300ms'

/** What both versions of a peer are refused for. */
const PEER: readonly Row[] = [
  ['myASN', 'local ASN is missing: myASN must not be 0', { myASN: 0 }],
  [
    'ebgpMultiHop',
    'ebgpMultiHop is for a neighbour of another AS',
    { peerASN: 64500, ebgpMultiHop: true },
  ],
  ['routerID', 'invalid router ID: "::1" is not an IPv4 address', { routerID: '::1' }],
  ['routerID', 'invalid router ID: "r1" is not an IPv4 address', { routerID: 'r1' }],
  [
    'sourceAddress',
    'sourceAddress 2001:db8::1 and peerAddress 192.0.2.1 are of different IP families',
    { sourceAddress: '2001:db8::1' },
  ],
  ['holdTime', `"90" ${DURATION}`, { holdTime: '90' }],
  ['keepaliveTime', `"soon" ${DURATION}`, { keepaliveTime: 'soon' }],
  ['holdTime', 'invalid hold time 2s: must be 0 or at least 3s', { holdTime: '2s' }],
  ['holdTime', 'invalid hold time -1ms: must be 0 or at least 3s', { holdTime: '-1ms' }],
  ['holdTime', 'invalid hold time 18h13m: must be at most 65535s', { holdTime: '18h13m' }],
  [
    'keepaliveTime',
    'invalid keepalive time -1s: must not be negative',
    { holdTime: '9s', keepaliveTime: '-1s' },
  ],
  [
    'keepaliveTime',
    'invalid keepalive time 1m: must not be longer than the hold time 59.9s',
    { holdTime: '59.9s', keepaliveTime: '1m' },
  ],
  [
    'keepaliveTime',
    'invalid keepalive time 900ms: three times that, the hold time, must be 0 or at least 3s',
    { keepaliveTime: '900ms' },
  ],
  [
    'keepaliveTime',
    'invalid keepalive time 6h4m6s: three times that, the hold time, must be at most 65535s',
    { keepaliveTime: '6h4m6s' },
  ],
]

const NEW_PEER: readonly Row[] = [
  ...PEER,
  [
    'peerAddress',
    'invalid BGPPeer address: "router" is not an IP address',
    { peerAddress: 'router' },
  ],
  ['sourceAddress', '"eth0" is not an IP address', { sourceAddress: 'eth0' }],
  ['peerASN', 'set peerASN or dynamicASN', { peerASN: undefined }],
  ['dynamicASN', 'set either peerASN or dynamicASN, not both', { dynamicASN: 'external' }],
  [
    'ebgpMultiHop',
    'ebgpMultiHop is for a neighbour of another AS, dynamicASN internal is for our own',
    { peerASN: undefined, dynamicASN: 'internal', ebgpMultiHop: true },
  ],
  ['peerAddress', 'set peerAddress or interface', { peerAddress: undefined }],
  ['interface', 'set either peerAddress or interface, not both', { interface: 'eth0' }],
  [
    'interface',
    'an interface name must be at most 15 printable ASCII characters without blanks',
    { peerAddress: undefined, interface: 'eth0; reboot' },
  ],
  [
    'vrf',
    'a VRF name must be at most 15 printable ASCII characters without blanks',
    { vrf: 'sixteen-letters-' },
  ],
  [
    'password',
    'a password must be at most 80 printable ASCII characters without blanks',
    { password: 'two\nlines' },
  ],
  [
    'passwordSecret',
    'set either password or passwordSecret, not both',
    { password: 'secret', passwordSecret: { name: 'secret' } },
  ],
  ['connectTime', `"5" ${DURATION}`, { connectTime: '5' }],
  ['connectTime', 'connect time should be between 1 seconds to 65535', { connectTime: '0s' }],
  [
    'connectTime',
    'connect time should contain a whole number of seconds',
    { connectTime: '1500ms' },
  ],
]
const peer = { myASN: 64500, peerASN: 64501, peerAddress: '192.0.2.1' }

const alias = (value?: string) => ({
  communities: [{ name: 'blue', ...(value === undefined ? {} : { value }) }],
})

const tolerating = (toleration: object): Row[] =>
  ['speakerTolerations', 'controllerTolerations'].map((field) => [
    `${field}[0].effect`,
    `tolerationSeconds is for effect NoExecute, not for "${'effect' in toleration ? toleration.effect : ''}"`,
    { [field]: [toleration] },
  ])

const INSTALLATION: readonly Row[] = [
  ...tolerating({ key: 'edge', tolerationSeconds: 60, effect: 'NoSchedule' }),
  ...tolerating({ tolerationSeconds: 1 }),
  [
    'frrk8sConfig.alwaysBlock[1]',
    '"192.0.2.1" is not a prefix like 192.0.2.0/24',
    { frrk8sConfig: { alwaysBlock: [' 192.0.2.0/24 ', '192.0.2.1'] } },
  ],
  [
    'bgpBackend',
    '"bird" is none of native, frr, frr-k8s, frr-k8s-external',
    { bgpBackend: 'bird' },
  ],
  [
    'bgpBackend',
    'bgpBackend frr-k8s-external needs frrk8sConfig.namespace',
    { bgpBackend: 'frr-k8s-external', frrk8sConfig: { alwaysBlock: [] } },
  ],
]

export const BROKEN_RULES: readonly BrokenRule[] = [
  ...rows('IPAddressPool', 'v1beta1', {}, ADDRESSES),
  ...rows('AddressPool', 'v1alpha1', legacyPool, LEGACY_POOL),
  ...rows('AddressPool', 'v1beta1', legacyPool, LEGACY_POOL),
  ...rows('BGPPeer', 'v1beta1', peer, PEER),
  ...rows('BGPPeer', 'v1beta2', peer, NEW_PEER),
  ...rows('BGPAdvertisement', 'v1beta1', {}, [
    ...ROUTE,
    ['communities', 'duplicate entry', { communities: ['64500:1', 'blue', '64500:1'] }],
    [
      'aggregationLength',
      'serviceSelectors and aggregationLength are mutually exclusive, can only be used together with default aggregationLength (32) and aggregationLengthV6 (128)',
      { aggregationLength: 24, serviceSelectors: [{ matchLabels: { app: 'web' } }] },
    ],
  ]),
  ...rows('L2Advertisement', 'v1beta1', {}, [
    [
      'interfaces[1]',
      'an interface name must be at most 15 printable ASCII characters without blanks',
      { interfaces: ['eth0', 'eth 1'] },
    ],
  ]),
  ...rows('Community', 'v1beta1', {}, [
    ['communities[0].value', 'is required: text', alias()],
    ['communities[0].value', 'invalid community format: "1:2:3"', alias('1:2:3')],
    ['communities[0].value', 'invalid community format: "no-exprot"', alias('no-exprot')],
    [
      'communities[0].value',
      'invalid community value: "small:1:2:3": expected community to be of format large:A:B:C',
      alias('small:1:2:3'),
    ],
    [
      'communities[0].value',
      'invalid community value: invalid section in "65536:1", each is a number from 0 to 65535',
      alias('65536:1'),
    ],
    [
      'communities[0].value',
      'invalid community value: invalid section in "1:0x2", each is a number from 0 to 65535',
      alias('1:0x2'),
    ],
    [
      'communities[0].value',
      'invalid community value: invalid section in "large:1:2:4294967296", each is a number from 0 to 4294967295',
      alias('large:1:2:4294967296'),
    ],
  ]),
  ...rows('MetalLB', 'v1beta1', {}, INSTALLATION).map((row) => ({ ...row, name: 'metallb' })),
]
