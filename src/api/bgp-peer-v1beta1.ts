// BGPPeer v1beta1, the old version: its own shape, parsed to the very values of v1beta2.
import { z } from 'zod'
import { BgpPeerSpec } from './bgp-peer.ts'
import { asn } from './fields.ts'

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

export const WrittenBgpPeerV1Beta1 = z.strictObject({
  myASN: asn.meta({ description: 'AS number of the nodes.' }),
  peerASN: asn.meta({ description: 'AS number of the neighbour.' }),
  peerAddress: z.string().meta({ description: 'Address of the neighbour.' }),
  sourceAddress: z.string().optional().meta({ description: 'Local address of the session.' }),
  peerPort: z.int().min(0).max(16384).optional().meta({
    description: 'TCP port of the neighbour; 0 means 179.',
  }),
  holdTime: z.string().optional().meta({ title: 'duration', description: 'Hold time.' }),
  keepaliveTime: z.string().optional().meta({
    title: 'duration',
    description: 'Interval of KEEPALIVE messages.',
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

/** v1beta1 → v1beta2 as written. Port 0 means the default; empty strings mean "not given". */
export function toV1Beta2(
  spec: z.output<typeof WrittenBgpPeerV1Beta1>,
): z.input<typeof BgpPeerSpec> {
  const { peerPort, sourceAddress, routerID, password, bfdProfile, ...rest } = spec
  return {
    ...rest,
    ...(peerPort ? { peerPort } : {}),
    ...(sourceAddress ? { sourceAddress } : {}),
    ...(routerID ? { routerID } : {}),
    ...(password ? { password } : {}),
    ...(bfdProfile ? { bfdProfile } : {}),
  }
}

export const BgpPeerV1Beta1Spec = WrittenBgpPeerV1Beta1.transform(toV1Beta2).pipe(BgpPeerSpec)
