// What a route carries and how long its prefix is: fields of BGPAdvertisement and of the legacy pool.
// MetalLB's definitions leave their bounds to its parser; ours say them as rules, in its words.
import { z } from 'zod'
import { keeping, type Rule } from './rules.ts'

const atLeast = (min: number): Rule<number> => ({
  code: 'too-small',
  message: `must be at least ${min}`,
  cel: `self >= ${min}`,
  holds: (value) => value >= min,
})
const atMost = (max: number, what = ''): Rule<number> => ({
  code: 'too-big',
  message: `${what}must be at most ${max}`,
  cel: `self <= ${max}`,
  holds: (value) => value <= max,
})
const lengthUpTo = (max: number) => atMost(max, 'invalid aggregation length: ')

export const aggregationLength = keeping(z.int().min(1), [lengthUpTo(32)])
  .default(32)
  .meta({
    format: 'int32',
    description: 'IPv4: announce the prefix of this length around each address.',
  })

export const aggregationLengthV6 = keeping(z.int(), [atLeast(0), lengthUpTo(128)])
  .default(128)
  .meta({
    format: 'int32',
    description: 'IPv6: announce the prefix of this length around each address.',
  })

export const localPref = keeping(z.int(), [atLeast(0), atMost(4294967295)])
  .default(0)
  .meta({
    format: 'int32',
    description: 'LOCAL_PREF (RFC 4271 §5.1.5), heard by neighbours of our own AS. 0 sets none.',
  })
