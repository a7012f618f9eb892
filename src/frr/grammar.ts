// FRR's contexts: which lines open one, and to which context a line belongs. Separate from the tree,
// because this is a table of FRR's words, and the tree only asks it. FRR tries a line where it stands
// and then in every context around it; people rely on that in the text they append.
import type { Kind } from './canonical.ts'
import { listNameAt } from './slot.ts'

/** The daemons we configure; all others read their part of the file when they start. */
export const DAEMONS = ['bgpd', 'bfdd'] as const
export type Daemon = (typeof DAEMONS)[number]

export interface Opener {
  readonly kind: Kind
  /** The context this one stands in. */
  readonly inside: Kind
  /** Two openers with one key open the same context: the ASN or the action may change under it. */
  readonly key: string
  /** As FRR prints it. */
  readonly line: string
}

const OPAQUE: ReadonlySet<string> = new Set([
  'interface',
  'vrf',
  'line',
  'router',
  'key',
  'nexthop-group',
  'pbr-map',
  'rpki',
  'l2vpn',
  'segment-routing',
  'pseudowire',
])

/** What this line opens, if it opens something. `within` is where it stands. */
export function openerOf(words: readonly string[], within: Kind): Opener | undefined {
  const [first, second, third] = words
  const line = words.join(' ')
  if (first === 'router' && second === 'bgp') return routerOpener(words)
  if (first === 'route-map' && words.length === 4) {
    return { kind: 'route-map', inside: 'file', key: `route-map ${second} ${words[3]}`, line }
  }
  if (first === 'bfd' && words.length === 1) return { kind: 'bfd', inside: 'file', key: line, line }
  if (first === 'address-family' && (within === 'router' || within === 'family')) {
    const family = `address-family ${second} ${third ?? 'unicast'}`
    return { kind: 'family', inside: 'router', key: family, line: family }
  }
  const inBfd = within === 'bfd' || within === 'bfd-session'
  if (inBfd && (first === 'profile' || first === 'peer')) {
    return { kind: 'bfd-session', inside: 'bfd', key: line, line }
  }
  const isBlock = OPAQUE.has(first ?? '') && (words.length > 1 || first === 'rpki')
  if (!isBlock) return undefined
  return { kind: 'opaque', inside: 'file', key: line, line }
}

function routerOpener(words: readonly string[]): Opener {
  const [, , asn, scope, name] = words
  const isDefault = scope === undefined || name === 'default'
  const suffix = isDefault ? '' : ` ${scope} ${name}`
  return {
    kind: 'router',
    inside: 'file',
    key: `router bgp${suffix}`,
    line: `router bgp ${asn}${suffix}`,
  }
}

/** The context, itself or one around it, that takes a line standing in `kind`. */
export function homeOf(kind: Kind, words: readonly string[]): Kind {
  switch (kind) {
    case 'router':
      if (isFileLine(words)) return 'file'
      return isFamilyLine(words) ? 'family' : 'router'
    case 'family':
      if (isFileLine(words)) return 'file'
      return isRouterLine(words) ? 'router' : 'family'
    case 'route-map':
      return CLAUSE_WORDS.has(words[0] ?? '') ? 'route-map' : 'file'
    case 'bfd':
      return 'file'
    case 'bfd-session':
      return SESSION_WORDS.has(words[0] ?? '') ? 'bfd-session' : 'file'
    default:
      return kind
  }
}

const CLAUSE_WORDS: ReadonlySet<string> = new Set([
  'match',
  'set',
  'on-match',
  'call',
  'continue',
  'description',
])

const SESSION_WORDS: ReadonlySet<string> = new Set([
  'receive-interval',
  'transmit-interval',
  'detect-multiplier',
  'echo',
  'echo-interval',
  'echo-mode',
  'passive-mode',
  'minimum-ttl',
  'log-session-changes',
  'shutdown',
  'label',
])

const FILE_WORDS: ReadonlySet<string> = new Set([
  'ip',
  'ipv6',
  'access-list',
  'log',
  'hostname',
  'domainname',
  'debug',
  'service',
  'frr',
  'password',
  'enable',
  'mpls',
  'zebra',
])

function isFileLine(words: readonly string[]): boolean {
  if (FILE_WORDS.has(words[0] ?? '') || listNameAt(words) !== undefined) return true
  return words[0] === 'bgp' && words[1] === 'route-map'
}

/** Neighbour settings that exist per address family; the rest are the session's. */
const FAMILY_KEYS: ReadonlySet<string> = new Set([
  'activate',
  'addpath-tx-all-paths',
  'addpath-tx-bestpath-per-AS',
  'addpath-tx-best-selected',
  'addpath-rx-paths-limit',
  'advertise-map',
  'allowas-in',
  'as-override',
  'attribute-unchanged',
  'dampening',
  'default-originate',
  'disable-addpath-rx',
  'distribute-list',
  'filter-list',
  'maximum-prefix',
  'maximum-prefix-out',
  'next-hop-self',
  'nexthop-local',
  'prefix-list',
  'remove-private-AS',
  'route-map',
  'route-reflector-client',
  'route-server-client',
  'send-community',
  'soft-reconfiguration',
  'soo',
  'unsuppress-map',
  'weight',
])

const FAMILY_WORDS: ReadonlySet<string> = new Set([
  'network',
  'redistribute',
  'aggregate-address',
  'maximum-paths',
  'table-map',
])

function isFamilyLine(words: readonly string[]): boolean {
  const [first = '', , key = '', value] = words
  if (first !== 'neighbor') return FAMILY_WORDS.has(first)
  return FAMILY_KEYS.has(key) || (key === 'capability' && value === 'orf')
}

const ROUTER_WORDS: ReadonlySet<string> = new Set([
  'timers',
  'coalesce-time',
  'update-delay',
  'read-quanta',
  'write-quanta',
])

function isRouterLine(words: readonly string[]): boolean {
  const [first = '', second] = words
  if (first === 'neighbor') return !isFamilyLine(words)
  if (first === 'bgp') return second !== 'dampening'
  return ROUTER_WORDS.has(first)
}

/** The daemon a top-level line or context belongs to; none means FRR reads it at its start only. */
export function ownerOf(kind: Kind, line: string): Daemon | undefined {
  if (kind === 'router' || kind === 'route-map') return 'bgpd'
  if (kind === 'bfd') return 'bfdd'
  if (kind !== 'file') return undefined
  const words = (line.startsWith('no ') ? line.slice(3) : line).split(' ')
  return words[0] === 'bgp' || listNameAt(words) !== undefined ? 'bgpd' : undefined
}
