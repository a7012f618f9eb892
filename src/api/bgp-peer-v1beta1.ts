// BGPPeer v1beta1, the old version: its own shape, parsed to the very values of v1beta2.
import { z } from 'zod'
import { BgpPeerSpec } from './bgp-peer.ts'
import { SHARED_PEER_RULES } from './bgp-peer-rules.ts'
import { parseDuration } from './duration.ts'
import { asn, duration } from './fields.ts'
import { celOf } from './rules.ts'

const LegacySelector = z.strictObject({
  matchLabels: z
    .record(z.string(), z.string())
    .optional()
    .meta({ description: 'Labels the node must have.' }),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string().meta({ description: 'Label key.' }),
        operator: z.string().meta({ description: 'In, NotIn, Exists or DoesNotExist.' }),
        values: z.array(z.string()).min(1).meta({ description: 'Label values.' }),
      }),
    )
    .optional()
    .meta({ description: 'Conditions on labels; all must hold.' }),
})

const Fields = z.strictObject({
  myASN: asn.meta({ description: 'AS number of the nodes.' }),
  peerASN: asn.meta({ description: 'AS number of the neighbour.' }),
  peerAddress: z.string().meta({ description: 'Address of the neighbour.' }),
  sourceAddress: z.string().optional().meta({ description: 'Local address of the session.' }),
  peerPort: z.int().min(0).max(16384).optional().meta({
    description: 'TCP port of the neighbour; 0 means 179.',
  }),
  holdTime: duration.optional().meta({ description: 'Hold time; 0 means the default.' }),
  keepaliveTime: duration.optional().meta({
    description: 'Interval of KEEPALIVE messages; 0 means the default.',
  }),
  routerID: z.string().optional().meta({ description: 'BGP identifier of the nodes.' }),
  nodeSelectors: z.array(LegacySelector).optional().meta({
    description: 'Nodes that open this session; any may match. None means all nodes.',
  }),
  password: z.string().optional().meta({ description: 'TCP MD5 password (RFC 2385).' }),
  bfdProfile: z.string().optional().meta({ description: 'Name of the BFDProfile.' }),
  ebgpMultiHop: z.boolean().optional().meta({
    description: 'The neighbour of another AS is more than one hop away.',
  }),
})

export const V1BETA1_FIELDS: readonly string[] = Object.keys(Fields.shape)

/** As the API server sees it, before it is converted: the rules that need no field of v1beta2. */
export const WrittenBgpPeerV1Beta1 = Fields.meta({
  'x-kubernetes-validations': SHARED_PEER_RULES.map(celOf),
})
export type WrittenBgpPeerV1Beta1 = z.output<typeof WrittenBgpPeerV1Beta1>

/**
 * v1beta1 → v1beta2 as written. Here a field that is empty or zero was not given, and clients write
 * them all: a hold time of 0s in v1beta2 would turn the timers off.
 */
export function toV1Beta2(spec: WrittenBgpPeerV1Beta1): z.input<typeof BgpPeerSpec> {
  const { myASN, ...rest } = spec
  const isGiven = ([key, value]: [string, unknown]) =>
    value !== undefined && value !== '' && value !== 0 && !(isTime(key) && isZero(value))
  return { myASN, ...Object.fromEntries(Object.entries(rest).filter(isGiven)) }
}

const isTime = (key: string) => key === 'holdTime' || key === 'keepaliveTime'
const isZero = (text: unknown) => typeof text === 'string' && parseDuration(text) === 0

export const BgpPeerV1Beta1Spec = WrittenBgpPeerV1Beta1.transform(toV1Beta2).pipe(BgpPeerSpec)
