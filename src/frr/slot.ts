// Which setting a line is about: lines in one slot of a context overwrite each other, and `no` clears
// the slot. Separate from the canonical text, because both the tree and the differ stand on it.
import { BFD_DEFAULTS, type Kind } from './canonical.ts'

/** `words` are canonical and without a leading `no`. */
export function slotOf(kind: Kind, words: readonly string[]): string {
  switch (kind) {
    case 'file':
      return words.slice(0, numberedListWords(words) ?? valueStart(words)).join(' ')
    case 'router':
      return words[0] === 'neighbor' ? neighborSlot(words) : routerSlot(words)
    case 'family':
      return familySlot(words)
    case 'route-map':
      return clauseSlot(words)
    case 'bfd-session':
      return words.slice(0, valueStart(words)).join(' ')
    default:
      return words.join(' ')
  }
}

/** The line that takes this one back. */
export function removalOf(kind: Kind, line: string): string {
  if (line.startsWith('no ')) return line.slice(3)
  const words = line.split(' ')
  const slot = slotOf(kind, words)
  if (kind === 'bfd-session') {
    const standard = BFD_DEFAULTS.get(slot)
    return standard === undefined ? `no ${slot}` : `${slot} ${standard}`
  }
  // `no set community …` takes no `additive`, and `no network` no route-map: the slot says enough.
  if (kind === 'route-map') return clauseRemoval(words, slot)
  if (kind === 'family' && words[0] === 'network') return `no ${slot}`
  // Whoever reads FRR's log of a refusal need not see an old password.
  if (kind === 'router' && words[2] === 'password') return `no ${slot}`
  return `no ${line}`
}

/** FRR wants the value of a next hop, and no value of a jump, to take them back. */
function clauseRemoval(words: readonly string[], slot: string): string {
  if (words[0] === 'on-match') return `no ${words.slice(0, 2).join(' ')}`
  return words[0] === 'set' && words[1] === 'ipv6' ? `no ${words.join(' ')}` : `no ${slot}`
}

/** Number of words up to and with the sequence number, for the lists that are made of entries. */
export function numberedListWords(words: readonly string[]): number | undefined {
  const named = listNameAt(words)
  return named !== undefined && words[named + 1] === 'seq' ? named + 3 : undefined
}

/** Where the list's name stands, when this line is an entry of a list with sequence numbers. */
export function listNameAt(words: readonly string[]): number | undefined {
  const [first, second, third] = words
  if (first === 'access-list') return 1
  if ((first === 'ip' || first === 'ipv6') && second === 'prefix-list') return 2
  if (first === 'ipv6' && second === 'access-list') return 2
  if (first !== 'bgp') return undefined
  if (second === 'as-path' && third === 'access-list') return 3
  return second?.endsWith('community-list') ? 3 : undefined
}

/** Index behind the last word that is not a bare number: `coalesce-time 10` is about `coalesce-time`. */
function valueStart(words: readonly string[]): number {
  let end = words.length
  while (end > 1 && /^\d+$/.test(words[end - 1]!)) end--
  return end
}

function routerSlot(words: readonly string[]): string {
  const [first, second] = words
  if (first === 'bgp' && (second === 'router-id' || second === 'cluster-id')) {
    return `${first} ${second}`
  }
  if (first === 'bgp' && second === 'listen') return words.slice(0, 4).join(' ')
  return words.slice(0, valueStart(words)).join(' ')
}

function neighborSlot(words: readonly string[]): string {
  const [, name, key = '', value] = words
  const slot = `neighbor ${name} ${key.startsWith('graceful-restart') ? 'graceful-restart' : key}`
  const hasOwnSlot =
    (key === 'bfd' && value === 'profile') ||
    (key === 'timers' && value === 'connect') ||
    key === 'capability'
  return hasOwnSlot ? `${slot} ${value}` : slot
}

const DIRECTED: ReadonlySet<string> = new Set([
  'route-map',
  'prefix-list',
  'filter-list',
  'distribute-list',
])

function familySlot(words: readonly string[]): string {
  const [first, second, key = '', value] = words
  if (first === 'network' || first === 'aggregate-address') return `${first} ${second}`
  if (first === 'redistribute') {
    return /^\d+$/.test(key) ? `${first} ${second} ${key}` : `${first} ${second}`
  }
  if (first !== 'neighbor') return words.slice(0, valueStart(words)).join(' ')
  if (DIRECTED.has(key)) return `neighbor ${second} ${key} ${words.at(-1)}`
  if (key === 'send-community') return words.join(' ')
  return key === 'capability'
    ? `neighbor ${second} capability ${value}`
    : `neighbor ${second} ${key}`
}

/** Words that say what a clause matches or sets; the value follows. */
function clauseSlot(words: readonly string[]): string {
  const [first, second = '', third = '', fourth = ''] = words
  if (first === 'match' && (second === 'ip' || second === 'ipv6')) {
    const list = fourth.startsWith('prefix-l') ? [fourth] : []
    return ['match', second, third, ...list].join(' ')
  }
  if (first === 'set' && second === 'ipv6') return ['set', second, third, fourth].join(' ')
  if (first === 'set' && ['ip', 'as-path', 'extcommunity'].includes(second)) {
    return ['set', second, third].join(' ')
  }
  if (first === 'match' || first === 'set') return `${first} ${second}`
  return first ?? ''
}
