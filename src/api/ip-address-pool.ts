// IPAddressPool: addresses that may be given to Services, and to which Services.
import { z } from 'zod'
import { addressBlocks } from './address-block.ts'
import { names, selectors } from './fields.ts'

export const ServiceAllocation = z.strictObject({
  priority: z.int().default(0).meta({
    description: 'Lower positive numbers are preferred; 0 (none) comes last.',
  }),
  namespaces: names.default([]).meta({ description: 'Namespaces by name; they need not exist.' }),
  namespaceSelectors: selectors
    .default([])
    .meta({ description: 'Namespaces by label; any of the selectors may match.' }),
  serviceSelectors: selectors
    .default([])
    .meta({ description: 'Services by label; any of the selectors may match.' }),
})

export const IpAddressPoolSpec = z.strictObject({
  addresses: addressBlocks.meta({
    description:
      'CIDR prefixes or `first-last` ranges, IPv4 and IPv6. Addresses are given in this order.',
  }),
  autoAssign: z.boolean().default(true).meta({
    description: 'Whether the pool is used for Services that name neither a pool nor an address.',
  }),
  avoidBuggyIPs: z
    .boolean()
    .default(false)
    .meta({
      description: 'Leave out IPv4 addresses that end in .0 or .255.',
      crd: { default: false },
    }),
  serviceAllocation: ServiceAllocation.optional().meta({
    description:
      'Pins the pool to some namespaces and Services; matching Services use it before other pools.',
  }),
})
export type IpAddressPoolSpec = z.output<typeof IpAddressPoolSpec>

// A pool may be larger than a JSON number can count: 2^63-1 stands for "at least that many".
const count = z.bigint().meta({ type: 'integer', format: 'int64' })

export const IpAddressPoolStatus = z.strictObject({
  assignedIPv4: count.meta({ description: 'IPv4 addresses of the pool in use.' }),
  assignedIPv6: count.meta({ description: 'IPv6 addresses of the pool in use.' }),
  availableIPv4: count.meta({ description: 'IPv4 addresses of the pool still free.' }),
  availableIPv6: count.meta({
    description: 'IPv6 addresses of the pool still free; counts no further than 2^63-1.',
  }),
})
export type IpAddressPoolStatus = z.output<typeof IpAddressPoolStatus>
