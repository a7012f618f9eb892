// BGPPeer v1beta2: one neighbour of every node it selects, and the timers of the session.
import { z } from 'zod'
import { address, asn, refuse, seconds, selectors, word } from './fields.ts'
import { Secret } from './secret.ts'

const wholeSeconds = seconds.meta({
  'x-kubernetes-validations': [
    {
      message: 'connect time should be between 1 seconds to 65535',
      rule: 'duration(self).getSeconds() >= 1 && duration(self).getSeconds() <= 65535',
    },
    {
      message: 'connect time should contain a whole number of seconds',
      rule: 'duration(self).getMilliseconds() % 1000 == 0',
    },
  ],
})

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
  peerAddress: z
    .string()
    .optional()
    .meta({ description: 'Address of the neighbour. Either this or `interface`.' }),
  interface: word('an interface name', 15)
    .optional()
    .meta({ description: 'Node interface of an unnumbered session (RFC 5549 next hops).' }),
  sourceAddress: address.optional().meta({ description: 'Local address of the session.' }),
  peerPort: z
    .int()
    .min(1)
    .max(16384)
    .default(179)
    .meta({ description: 'TCP port of the neighbour.' }),
  holdTime: seconds.optional().meta({
    description: 'Hold time (RFC 4271 §4.2): 0, or at least 3s. Alone, keepaliveTime is a third.',
  }),
  keepaliveTime: seconds.optional().meta({
    description: 'Interval of KEEPALIVE messages. Alone, holdTime is three times as long.',
  }),
  connectTime: wholeSeconds.optional().meta({
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

export const BgpPeerSpec = Fields.transform((written, ctx) => {
  const wrong = (path: string, code: string, message: string) =>
    refuse(ctx, { code, message, path: [path], input: written })
  const { myASN, peerASN = 0, dynamicASN } = written

  if (myASN === 0) wrong('myASN', 'missing-local-asn', 'local ASN is missing: myASN must not be 0')
  if (peerASN === 0 && !dynamicASN) {
    wrong('peerASN', 'missing-peer-asn', 'set peerASN or dynamicASN')
  }
  if (peerASN !== 0 && dynamicASN) {
    wrong('dynamicASN', 'two-peer-asns', 'set either peerASN or dynamicASN, not both')
  }
  if (written.ebgpMultiHop && (peerASN === myASN || dynamicASN === 'internal')) {
    wrong('ebgpMultiHop', 'multihop-ibgp', 'ebgpMultiHop is for a neighbour of another AS')
  }
  if (!written.peerAddress && !written.interface) {
    wrong('peerAddress', 'missing-address', 'set peerAddress or interface')
  }
  if (written.peerAddress && written.interface) {
    wrong('interface', 'two-addresses', 'set either peerAddress or interface, not both')
  }
  const peerAddress = written.peerAddress ? address.safeParse(written.peerAddress).data : undefined
  if (written.peerAddress && !peerAddress) {
    const message = `invalid BGPPeer address: "${written.peerAddress}" is not an IP address`
    wrong('peerAddress', 'invalid-address', message)
  }
  const routerID = written.routerID ? address.safeParse(written.routerID).data : undefined
  if (written.routerID && routerID?.family !== 4) {
    const message = `invalid router ID: "${written.routerID}" is not an IPv4 address`
    wrong('routerID', 'invalid-router-id', message)
  }
  const { sourceAddress } = written
  if (peerAddress && sourceAddress && peerAddress.family !== sourceAddress.family) {
    const message = `sourceAddress ${sourceAddress.text} and peerAddress ${peerAddress.text} are of different IP families`
    wrong('sourceAddress', 'family-mismatch', message)
  }
  if (written.connectTime !== undefined && !isConnectTime(written.connectTime)) {
    const message = 'connect time should be a whole number of seconds from 1s to 65535s'
    wrong('connectTime', 'invalid-connect-time', message)
  }
  if (written.password && written.passwordSecret?.name) {
    wrong('passwordSecret', 'two-passwords', 'set either password or passwordSecret, not both')
  }
  const timers = timersOf(written.holdTime, written.keepaliveTime)
  if (typeof timers === 'string') {
    wrong(written.holdTime === undefined ? 'keepaliveTime' : 'holdTime', 'invalid-timers', timers)
    return z.NEVER
  }
  const { holdTime: _hold, keepaliveTime: _keepalive, ...rest } = written
  const password = written.password ? new Secret(written.password) : undefined
  return { ...rest, peerASN, peerAddress, routerID, timers, password }
})
export type BgpPeerSpec = z.output<typeof BgpPeerSpec>

/** Whole seconds, as FRR takes them; both or neither. */
export interface Timers {
  readonly keepaliveSeconds: number
  readonly holdSeconds: number
}

const isConnectTime = (time: number) => Number.isInteger(time) && time >= 1 && time <= 65535

/** RFC 4271 §4.2 and §10: hold is 0 or at least 3 s; one of the two gives the other, 3 to 1. */
function timersOf(hold?: number, keepalive?: number): Timers | string | undefined {
  if (hold === undefined && keepalive === undefined) return undefined
  const holdTime = hold ?? keepalive! * 3
  const keepaliveTime = keepalive ?? hold! / 3
  const holdSeconds = Math.trunc(holdTime)
  if (holdTime < 0 || (holdSeconds !== 0 && holdSeconds < 3)) {
    return `invalid hold time ${holdTime}s: must be 0 or at least 3s`
  }
  if (holdSeconds > 65535) return `invalid hold time ${holdTime}s: must be at most 65535s`
  if (keepaliveTime < 0) return `invalid keepalive time ${keepaliveTime}s: must not be negative`
  if (keepaliveTime > holdTime) {
    return `invalid keepalive time ${keepaliveTime}s: must not be longer than the hold time ${holdTime}s`
  }
  return { keepaliveSeconds: Math.trunc(keepaliveTime), holdSeconds }
}
