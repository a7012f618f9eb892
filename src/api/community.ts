// Community: names for BGP communities, used by BGPAdvertisements.
import { z } from 'zod'
import { isCommunity, parseCommunity, WELL_KNOWN } from './community-value.ts'
import { duplicates } from './fields.ts'
import { celOf, type Law, quoted, refuse } from './rules.ts'

// What `parseCommunity` says, for the API server.
const parts = `self.split(':')`
const marked = `self.startsWith('large:')`
const number = '[0-9]{1,10}'
const upTo = (max: number, ...places: number[]) =>
  places.map((at) => `int(${parts}[${at}]) <= ${max}`).join(' && ')
const wellKnown = [...WELL_KNOWN.keys()].map(quoted).join(', ')

const LAWS: readonly Law[] = [
  {
    message: 'invalid community format: "{}"',
    cel: `size(${parts}) in [2, 4] || self.lowerAscii() in [${wellKnown}]`,
  },
  {
    message: 'invalid community value: "{}": expected community to be of format large:A:B:C',
    cel: `size(${parts}) != 4 || ${marked}`,
  },
  {
    message: 'invalid community value: invalid section in "{}", each is a number from 0 to 65535',
    cel: `size(${parts}) != 2 || self.matches('^${number}:${number}$') && ${upTo(65535, 0, 1)}`,
  },
  {
    message:
      'invalid community value: invalid section in "{}", each is a number from 0 to 4294967295',
    cel: `size(${parts}) != 4 || !${marked} || self.matches('^large(:${number}){3}$') && ${upTo(4294967295, 1, 2, 3)}`,
  },
]

const value = z
  .string()
  .max(64)
  .transform((written, ctx) => {
    const parsed = parseCommunity(written)
    if (isCommunity(parsed)) return parsed
    refuse(ctx, { code: 'invalid-community', message: parsed.message, input: written })
    return z.NEVER
  })
  .meta({ 'x-kubernetes-validations': LAWS.map(celOf) })

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
        .meta({
          crd: { required: null },
          'x-kubernetes-validations': [
            celOf({ message: 'is required: text', cel: 'has(self.value)', at: 'value' }),
          ],
        }),
    )
    .max(4000)
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
