// Community: names for BGP communities, used by BGPAdvertisements.
import { z } from 'zod'
import { isCommunity, parseCommunity } from './community-value.ts'
import { duplicates, refuse } from './fields.ts'

const value = z.string().transform((written, ctx) => {
  const parsed = parseCommunity(written)
  if (isCommunity(parsed)) return parsed
  refuse(ctx, { code: 'invalid-community', message: parsed.message, input: written })
  return z.NEVER
})

export const CommunitySpec = z.strictObject({
  communities: z
    .array(
      z
        .strictObject({
          name: z
            .string()
            .default('')
            .meta({ description: 'Alias, unique among all Communities.' }),
          value: value.meta({ description: '`A:B`, `large:A:B:C`, or a well-known name.' }),
        })
        // MetalLB's definition leaves a missing value to its parser.
        .meta({ crd: { required: null } }),
    )
    .default([])
    .superRefine((list, ctx) => {
      duplicates(list, (one) => one.name).forEach((index) => {
        const message = `duplicate definition of community "${list[index]?.name}"`
        refuse(ctx, { code: 'duplicate', message, path: [index, 'name'] })
      })
    })
    .meta({ description: 'Aliases and what they stand for.' }),
})
export type CommunitySpec = z.output<typeof CommunitySpec>
