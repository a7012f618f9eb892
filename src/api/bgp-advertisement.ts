// BGPAdvertisement: how the addresses of some pools are shown to BGP neighbours.
import { z } from 'zod'
import { names, refuse, selectors, uint32 } from './fields.ts'

export const AGGREGATION_AND_SELECTORS =
  'serviceSelectors and aggregationLength are mutually exclusive, can only be used together with default aggregationLength (32) and aggregationLengthV6 (128)'

export const BgpAdvertisementSpec = z
  .strictObject({
    aggregationLength: z
      .int()
      .min(1)
      .max(32, { error: tooLong(32) })
      .default(32)
      .meta({
        format: 'int32',
        crd: { maximum: null },
        description: 'IPv4: announce the prefix of this length around each address.',
      }),
    aggregationLengthV6: z
      .int()
      .min(0)
      .max(128, { error: tooLong(128) })
      .default(128)
      .meta({
        format: 'int32',
        crd: { minimum: null, maximum: null },
        description: 'IPv6: announce the prefix of this length around each address.',
      }),
    localPref: uint32.default(0).meta({
      description: 'LOCAL_PREF (RFC 4271 §5.1.5), heard by neighbours of our own AS. 0 sets none.',
    }),
    communities: names.default([]).meta({
      description:
        'Communities of the routes: `A:B`, `large:A:B:C`, a well-known name, the name of an alias of a Community object, or of a Community object itself (all its values).',
    }),
    ipAddressPools: names.default([]).meta({ description: 'Pools by name.' }),
    ipAddressPoolSelectors: selectors.default([]).meta({
      description: 'Pools by label, besides those by name. Without either, all pools.',
    }),
    nodeSelectors: selectors.default([]).meta({
      description: 'Nodes that announce; any may match. None means all nodes.',
    }),
    peers: names.default([]).meta({
      description: 'BGPPeers, by name, that hear it. None means all.',
    }),
    serviceSelectors: selectors.default([]).meta({
      description: 'Services to announce; any may match. None means all.',
    }),
  })
  .superRefine((spec, ctx) => {
    if (spec.serviceSelectors.length === 0) return
    if (spec.aggregationLength === 32 && spec.aggregationLengthV6 === 128) return
    refuse(ctx, {
      code: 'selectors-and-aggregation',
      message: AGGREGATION_AND_SELECTORS,
      path: [spec.aggregationLength === 32 ? 'aggregationLengthV6' : 'aggregationLength'],
    })
  })
  .meta({
    'x-kubernetes-validations': [
      {
        message: AGGREGATION_AND_SELECTORS,
        rule: '!has(self.serviceSelectors) || size(self.serviceSelectors) == 0 || ((!has(self.aggregationLength) || self.aggregationLength == 32) && (!has(self.aggregationLengthV6) || self.aggregationLengthV6 == 128))',
      },
    ],
  })
export type BgpAdvertisementSpec = z.output<typeof BgpAdvertisementSpec>

function tooLong(max: number) {
  return (issue: { input?: unknown }) =>
    `invalid aggregation length ${String(issue.input)}: must be at most ${max}`
}
