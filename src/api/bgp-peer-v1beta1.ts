// BGPPeer v1beta1, the old version: its own shape, parsed to the very values of v1beta2.
import { z } from 'zod'
import { BgpPeerSpec } from './bgp-peer.ts'
import { asn } from './fields.ts'

const LegacySelector = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).optional(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.string(),
        values: z.array(z.string()).min(1),
      }),
    )
    .optional(),
})

export const WrittenBgpPeerV1Beta1 = z.strictObject({
  myASN: asn,
  peerASN: asn,
  peerAddress: z.string(),
  sourceAddress: z.string().optional(),
  peerPort: z.int().min(0).max(16384).optional(),
  holdTime: z.string().optional(),
  keepaliveTime: z.string().optional(),
  routerID: z.string().optional(),
  nodeSelectors: z.array(LegacySelector).optional(),
  password: z.string().optional(),
  bfdProfile: z.string().optional(),
  ebgpMultiHop: z.boolean().optional(),
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
