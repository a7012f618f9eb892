// One configuration line as FRR prints it back, and the slot it occupies: two lines in one slot
// overwrite each other. Separate, because every difference between what FRR takes and what it shows
// (and between its versions) is a fact that lives here and nowhere else.
import { parseAddress } from '../net/address.ts'
import { parseCidr } from '../net/prefix.ts'

/** What kind of context a line stands in; each has its own words. */
export type Kind =
  | 'file'
  | 'router'
  | 'family'
  | 'route-map'
  | 'bfd'
  | 'bfd-session'
  /** Belongs to a daemon we never speak to; its lines are carried, not understood. */
  | 'opaque'

/** The words as FRR prints them. `words` come without a leading `no`. */
export function canonicalWords(kind: Kind, words: readonly string[]): readonly string[] {
  const shown = isFreeText(words) ? words : words.map(canonicalWord)
  if (kind === 'route-map') return canonicalClause(shown)
  const isBareMultihop = kind === 'router' && words.length === 3 && words[2] === 'ebgp-multihop'
  return isBareMultihop ? [...shown, '255'] : shown
}

/** FRR shows nothing for a line that says what is so anyway. */
export function saysDefault(kind: Kind, words: readonly string[]): boolean {
  switch (kind) {
    case 'file':
      return isDefaultValue(FILE_DEFAULTS, words)
    case 'router':
      return ROUTER_DEFAULTS.has(words.join(' ')) || words.slice(2).join(' ') === 'port 179'
    case 'family':
      // All kinds of communities are sent unless a `no` says otherwise, and only that is shown.
      return words[0] === 'neighbor' && words[2] === 'send-community'
    case 'bfd-session':
      return isDefaultValue(BFD_DEFAULTS, words)
    default:
      return false
  }
}

/** BFD values have no `no` form: going back means saying the default aloud. */
export const BFD_DEFAULTS: ReadonlyMap<string, string> = new Map([
  ['receive-interval', '300'],
  ['transmit-interval', '300'],
  ['detect-multiplier', '3'],
  ['echo receive-interval', '50'],
  ['echo transmit-interval', '50'],
  ['minimum-ttl', '254'],
])

const FILE_DEFAULTS: ReadonlyMap<string, string> = new Map([['bgp route-map delay-timer', '5']])

const ROUTER_DEFAULTS: ReadonlySet<string> = new Set([
  'bgp ebgp-requires-policy',
  'bgp network import-check',
  'bgp default ipv4-unicast',
  'timers bgp 60 180',
])

function isDefaultValue(defaults: ReadonlyMap<string, string>, words: readonly string[]): boolean {
  return defaults.get(words.slice(0, -1).join(' ')) === words.at(-1)
}

/** Passwords and descriptions may look like an address and are none. */
const isFreeText = (words: readonly string[]): boolean =>
  words[0] === 'description' || words[2] === 'description' || words[2] === 'password'

/** FRR masks the host bits of a prefix and prints IPv6 compressed and in lower case. */
function canonicalWord(word: string): string {
  const slash = word.indexOf('/')
  if (slash < 0) return word.includes(':') ? (parseAddress(word)?.text ?? word) : word
  if (word.endsWith('/32') && !word.includes(':')) return word
  return parseCidr(word)?.text ?? word
}

function canonicalClause(words: readonly string[]): readonly string[] {
  if (words[0] !== 'set') return words
  if (words[1] === 'community') return sortedValues(words, orderOfCommunity)
  // FRR keeps the order large communities were written in, but routers see a set.
  return words[1] === 'large-community' ? sortedValues(words, orderOfLargeCommunity) : words
}

function sortedValues(words: readonly string[], orderOf: (value: string) => string): string[] {
  const additive = words.at(-1) === 'additive' ? ['additive'] : []
  const values = words.slice(2, words.length - additive.length).map(communityName)
  const unique = [...new Set(values)].sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1))
  return [...words.slice(0, 2), ...unique, ...additive]
}

/** RFC 1997 and its successors: FRR prints the name also when the number was written. */
const WELL_KNOWN: ReadonlyMap<string, number> = new Map([
  ['graceful-shutdown', 0xffff0000],
  ['accept-own', 0xffff0001],
  ['route-filter-translated-v4', 0xffff0002],
  ['route-filter-v4', 0xffff0003],
  ['route-filter-translated-v6', 0xffff0004],
  ['route-filter-v6', 0xffff0005],
  ['llgr-stale', 0xffff0006],
  ['no-llgr', 0xffff0007],
  ['accept-own-nexthop', 0xffff0008],
  ['blackhole', 0xffff029a],
  ['no-export', 0xffffff01],
  ['no-advertise', 0xffffff02],
  ['local-AS', 0xffffff03],
  ['no-peer', 0xffffff04],
])
const NAMES = new Map([...WELL_KNOWN].map(([name, number]) => [number, name]))

function communityName(value: string): string {
  return NAMES.get(communityNumber(value)) ?? value
}

/** The value behind a name FRR prints, as `A:B`. */
export function decimalCommunity(shown: string): string {
  const number = WELL_KNOWN.get(shown)
  return number === undefined ? shown : `${Math.floor(number / 65536)}:${number % 65536}`
}

function communityNumber(value: string): number {
  const [high, low] = value.split(':')
  return WELL_KNOWN.get(value) ?? Number(high) * 65536 + Number(low)
}

const orderOfCommunity = (value: string): string => String(communityNumber(value)).padStart(10, '0')

const orderOfLargeCommunity = (value: string): string =>
  value
    .split(':')
    .map((part) => part.padStart(10, '0'))
    .join(':')
