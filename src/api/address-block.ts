// Addresses of a pool as users write them: one CIDR, or a range. Apart from the other fields because
// this one has a grammar, and what CEL can know of it.
import { z } from 'zod'
import { parseAddress } from '../net/address.ts'
import { type Prefix, parseCidr, prefixesOfRange } from '../net/prefix.ts'
import { isAddress, isExotic } from './address-text.ts'
import { celOf, keeping, type Law, refuse, sentence } from './rules.ts'

export interface AddressBlock {
  readonly text: string
  /** Ascending, without gaps. */
  readonly prefixes: readonly Prefix[]
}

const WRITE = 'write a prefix like 192.0.2.0/24 or a range like 192.0.2.1-192.0.2.9'
const bothEnds = [0, 1] as const
const endIn = (at: 0 | 1) => `self.split('-', 2)[${at}].trim()`
const isRange = `self.contains('-')`
const text = { cel: 'self', of: (written: string) => written }
const asHost = (written: string) => `${written}/${written.includes(':') ? 128 : 32}`

const NO_CIDR: Law<string> = {
  message: `invalid CIDR "{}": ${WRITE}`,
  cel: `${isRange} || isIP(self) || isCIDR(self) || ${isExotic('self')}`,
}
const BARE: Law<string> = {
  message: `${NO_CIDR.message}; for one address write {}`,
  shown: [text, { cel: `self + (self.contains(':') ? '/128' : '/32')`, of: asHost }],
  cel: '!isIP(self)',
}
const [NO_START, NO_END] = bothEnds.map(
  (at): Law<string> => ({
    message: 'invalid IP range "{}": "{}" is not an IP address',
    shown: [text, { cel: endIn(at), of: (written) => endsOf(written)[at] }],
    cel: `!${isRange} || ${isAddress(endIn(at))}`,
  }),
) as [Law<string>, Law<string>]
const MIXED: Law<string> = {
  message: 'invalid IP range "{}": the ends belong to different IP families',
  cel: [
    `!${isRange}`,
    ...bothEnds.map((at) => `!isIP(${endIn(at)})`),
    `${bothEnds.map((at) => `ip(${endIn(at)}).family()`).join(' == ')}`,
  ].join(' || '),
}
const addressBlock = z
  .string()
  .max(128)
  .transform((written, ctx): AddressBlock => {
    const prefixes = parseBlock(written)
    if (typeof prefixes !== 'string') return { text: written, prefixes }
    refuse(ctx, { code: 'invalid-range', message: prefixes, input: written })
    return z.NEVER
  })
  .meta({
    title: 'CIDR or range',
    'x-kubernetes-validations': [NO_CIDR, BARE, NO_START, NO_END, MIXED].map(celOf),
  })

/** The bounds are far from any pool; the API server wants some to reckon what the rules may cost. */
export const addressBlocks = keeping(z.array(addressBlock).max(10_000), [
  {
    code: 'too-small',
    message: 'a pool needs at least one address range',
    cel: 'size(self) > 0',
    holds: (blocks) => blocks.length > 0,
  },
])

function parseBlock(written: string): Prefix[] | string {
  if (!written.includes('-')) {
    const cidr = parseCidr(written)
    return cidr ? [cidr] : sentence(parseAddress(written) ? BARE : NO_CIDR, written)
  }
  const [first, last] = endsOf(written).map(parseAddress)
  if (!first) return sentence(NO_START, written)
  if (!last) return sentence(NO_END, written)
  if (first.family !== last.family) return sentence(MIXED, written)
  // CEL cannot tell which of two addresses is the smaller: this one is ours alone.
  if (first.bits > last.bits) return `invalid IP range "${written}": it ends before it starts`
  return prefixesOfRange(first, last)
}

function endsOf(written: string): readonly [string, string] {
  const dash = written.indexOf('-')
  return [written.slice(0, dash).trim(), written.slice(dash + 1).trim()]
}
