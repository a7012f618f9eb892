// BGPAdvertisement: how the addresses of some pools are shown to BGP neighbours.
import { z } from 'zod'
import { fewNames, names, selectors } from './fields.ts'
import { aggregationLength, aggregationLengthV6, localPref } from './route-fields.ts'
import { refuse } from './rules.ts'

export const AGGREGATION_AND_SELECTORS =
  'serviceSelectors and aggregationLength are mutually exclusive, can only be used together with default aggregationLength (32) and aggregationLengthV6 (128)'

export const BgpAdvertisementSpec = z
  .strictObject({
    aggregationLength,
    aggregationLengthV6,
    localPref,
    communities: fewNames.default([]).meta({
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
        fieldPath: '.aggregationLength',
        rule: '!has(self.serviceSelectors) || size(self.serviceSelectors) == 0 || ((!has(self.aggregationLength) || self.aggregationLength == 32) && (!has(self.aggregationLengthV6) || self.aggregationLengthV6 == 128))',
      },
    ],
  })
export type BgpAdvertisementSpec = z.output<typeof BgpAdvertisementSpec>
