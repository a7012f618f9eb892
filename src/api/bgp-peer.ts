// BGPPeer v1beta2: one neighbour of every node it selects, and the timers of the session.
import { z } from 'zod'
import { address, addressIn } from './address-text.ts'
import { PEER_RULES, SHARED_PEER_RULES, timersOf } from './bgp-peer-rules.ts'
import { parseDuration } from './duration.ts'
import { asn, duration, selectors, word } from './fields.ts'
import { keeping } from './rules.ts'
import { Secret } from './secret.ts'

const Fields = z.strictObject({
  myASN: asn.meta({ description: 'AS number of the nodes.' }),
  peerASN: asn.optional().meta({ description: 'AS number of the neighbour.' }),
  localASN: asn.min(1).optional().meta({
    description: 'AS number shown to this neighbour instead of myASN.',
  }),
  dynamicASN: z.enum(['internal', 'external']).optional().meta({
    description:
      'Take the AS number from the neighbour: `internal` must equal myASN, `external` must differ.',
  }),
  peerAddress: address('invalid BGPPeer address: "{}" is not an IP address')
    .optional()
    .meta({ description: 'Address of the neighbour. Either this or `interface`.' }),
  interface: word('an interface name', 15)
    .optional()
    .meta({ description: 'Node interface of an unnumbered session (RFC 5549 next hops).' }),
  sourceAddress: address('"{}" is not an IP address')
    .optional()
    .meta({ description: 'Local address of the session.' }),
  peerPort: z
    .int()
    .min(1)
    .max(16384)
    .default(179)
    .meta({ description: 'TCP port of the neighbour.' }),
  holdTime: duration.optional().meta({
    description: 'Hold time (RFC 4271 §4.2): 0, or at least 3s. Alone, keepaliveTime is a third.',
  }),
  keepaliveTime: duration.optional().meta({
    description: 'Interval of KEEPALIVE messages. Alone, holdTime is three times as long.',
  }),
  connectTime: duration.optional().meta({
    description: 'Seconds between attempts to connect.',
  }),
  routerID: z
    .string()
    .optional()
    .meta({ description: 'BGP identifier of the nodes, written as an IPv4 address.' }),
  nodeSelectors: selectors
    .default([])
    .meta({ description: 'Nodes that open this session; any may match. None means all nodes.' }),
  password: word('a password', 80).optional().meta({
    description:
      'TCP MD5 password (RFC 2385), or the name of a Secret in our namespace that holds it under the key `password`.',
  }),
  passwordSecret: z
    .strictObject({
      name: z.string().optional().meta({ description: 'Name of the Secret.' }),
      namespace: z
        .string()
        .optional()
        .meta({ description: 'Ignored: the Secret stands in our namespace.' }),
    })
    .meta({ 'x-kubernetes-map-type': 'atomic' })
    .optional()
    .meta({ description: 'Secret of type kubernetes.io/basic-auth with the key `password`.' }),
  bfdProfile: z
    .string()
    .optional()
    .meta({ description: 'Name of the BFDProfile of this session.' }),
  enableGracefulRestart: z
    .boolean()
    .default(false)
    .meta({
      description: 'Graceful restart (RFC 4724) towards this neighbour. Fixed after creation.',
      'x-kubernetes-validations': [
        {
          message: 'EnableGracefulRestart cannot be changed after creation',
          rule: 'self == oldSelf',
        },
      ],
    }),
  ebgpMultiHop: z
    .boolean()
    .default(false)
    .meta({ description: 'The neighbour of another AS is more than one hop away.' }),
  vrf: word('a VRF name', 15)
    .optional()
    .meta({ description: 'VRF of the node from which the session is opened.' }),
  disableMP: z
    .boolean()
    .default(false)
    .meta({ description: 'Deprecated, without effect.', crd: { default: false } }),
  dualStackAddressFamily: z
    .boolean()
    .default(false)
    .meta({
      description: 'Carry IPv4 and IPv6 routes over this session.',
      crd: { default: false },
    }),
})

/** Every field's name: a template may ask for each, whether a peer has it or not. */
export const BGP_PEER_FIELDS: readonly string[] = Object.keys(Fields.shape)

export const BgpPeerSpec = keeping(Fields, [...SHARED_PEER_RULES, ...PEER_RULES]).transform(
  ({ holdTime, keepaliveTime, connectTime, ...written }) => ({
    ...written,
    connectTime: secondsIn(connectTime),
    peerASN: written.peerASN ?? 0,
    peerAddress: addressIn(written.peerAddress),
    sourceAddress: addressIn(written.sourceAddress),
    routerID: addressIn(written.routerID),
    timers: timersOf(secondsIn(holdTime), secondsIn(keepaliveTime)),
    password: written.password ? new Secret(written.password) : undefined,
  }),
)
export type BgpPeerSpec = z.output<typeof BgpPeerSpec>

const secondsIn = (text: string | undefined) =>
  text === undefined ? undefined : parseDuration(text)
