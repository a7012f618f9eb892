// AddressPool, the legacy kind: addresses and their announcement in one object.
import { z } from 'zod'
import { addressBlock, names, refuse, uint32 } from './fields.ts'

const LegacyAdvertisement = z.strictObject({
  aggregationLength: z
    .int()
    .min(1)
    .max(32)
    .default(32)
    .meta({
      format: 'int32',
      description: 'IPv4: announce the prefix of this length around each address.',
      crd: { maximum: null },
    }),
  aggregationLengthV6: z
    .int()
    .min(0)
    .max(128)
    .default(128)
    .meta({
      format: 'int32',
      description: 'IPv6: announce the prefix of this length around each address.',
      crd: { minimum: null, maximum: null },
    }),
  localPref: uint32.default(0).meta({ description: 'LOCAL_PREF of the routes. 0 sets none.' }),
  communities: names.default([]).meta({ description: 'Communities of the routes.' }),
})

export const AddressPoolSpec = z
  .strictObject({
    protocol: z.enum(['layer2', 'bgp']).meta({ description: 'How the addresses are announced.' }),
    addresses: z
      .array(addressBlock)
      .min(1, 'a pool needs at least one address range')
      .meta({
        description: 'CIDR prefixes or `first-last` ranges, IPv4 and IPv6.',
        crd: { minItems: null },
      }),
    autoAssign: z.boolean().default(true).meta({
      description: 'Whether the pool is used for Services that name neither a pool nor an address.',
    }),
    bgpAdvertisements: z.array(LegacyAdvertisement).default([]).meta({
      description: 'Routes to announce; without any, one host route for each address.',
    }),
  })
  .superRefine((spec, ctx) => {
    if (spec.protocol === 'bgp' || spec.bgpAdvertisements.length === 0) return
    const message = 'bgpAdvertisements need protocol bgp'
    refuse(ctx, { code: 'protocol-mismatch', message, path: ['bgpAdvertisements'] })
  })
export type AddressPoolSpec = z.output<typeof AddressPoolSpec>
