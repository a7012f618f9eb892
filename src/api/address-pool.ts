// AddressPool, the legacy kind: addresses and their announcement in one object.
import { z } from 'zod'
import { addressBlocks } from './address-block.ts'
import { names } from './fields.ts'
import { aggregationLength, aggregationLengthV6, localPref } from './route-fields.ts'
import { keeping } from './rules.ts'

const LegacyAdvertisement = z.strictObject({
  aggregationLength,
  aggregationLengthV6,
  localPref,
  communities: names.default([]).meta({ description: 'Communities of the routes.' }),
})

const Fields = z.strictObject({
  protocol: z.enum(['layer2', 'bgp']).meta({ description: 'How the addresses are announced.' }),
  addresses: addressBlocks.meta({
    description: 'CIDR prefixes or `first-last` ranges, IPv4 and IPv6.',
  }),
  autoAssign: z.boolean().default(true).meta({
    description: 'Whether the pool is used for Services that name neither a pool nor an address.',
  }),
  bgpAdvertisements: z.array(LegacyAdvertisement).max(1000).default([]).meta({
    description: 'Routes to announce; without any, one host route for each address.',
  }),
})

export const AddressPoolSpec = keeping(Fields, [
  {
    code: 'protocol-mismatch',
    at: 'bgpAdvertisements',
    message: 'bgpAdvertisements need protocol bgp',
    cel: "self.protocol == 'bgp' || !has(self.bgpAdvertisements) || size(self.bgpAdvertisements) == 0",
    holds: (pool) => pool.protocol === 'bgp' || pool.bgpAdvertisements.length === 0,
  },
])
export type AddressPoolSpec = z.output<typeof AddressPoolSpec>
