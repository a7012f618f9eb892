// L2Advertisement: which nodes may answer ARP and NDP for the addresses of some pools, and where.
import { z } from 'zod'
import { names, selector, selectors, word } from './fields.ts'

export const L2AdvertisementSpec = z.strictObject({
  ipAddressPools: names.default([]).meta({ description: 'Pools by name.' }),
  ipAddressPoolSelectors: selectors.default([]).meta({
    description: 'Pools by label, besides those by name. Without either, all pools.',
  }),
  nodeSelectors: selectors.default([]).meta({
    description: 'Nodes that may answer; any may match. None means all nodes.',
  }),
  interfaces: z
    .array(word('an interface name', 15).meta({ crd: { maxLength: 253 } }))
    .max(1000)
    .default([])
    .meta({
      description: 'Interfaces that answer. None means all.',
    }),
  serviceSelectors: selectors.default([]).meta({
    description: 'Services to announce; any may match. None means all.',
  }),
  preferredNodeSelectors: z
    .array(
      z.strictObject({
        weight: z.int().min(1).max(100).meta({
          format: 'int32',
          description: 'What a match is worth.',
        }),
        preference: selector.meta({ description: 'Nodes that are worth it.' }),
      }),
    )
    .default([])
    .meta({
      description: 'Nodes to prefer among the eligible; the weights of all matches add up.',
    }),
})
export type L2AdvertisementSpec = z.output<typeof L2AdvertisementSpec>
