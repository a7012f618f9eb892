// What must hold within one BGPPeer. Apart from its fields because there are many, and because the
// old version shares some of them.
import { parseAddress } from '../net/address.ts'
import { isExotic } from './address-text.ts'
import { parseDuration } from './duration.ts'
import { isDuration } from './fields.ts'
import { given, type Rule, type Shown } from './rules.ts'

/** The fields with rules, each read by itself. */
export interface PeerFields {
  readonly myASN: number
  readonly peerASN?: number | undefined
  readonly dynamicASN?: string | undefined
  readonly peerAddress?: string | undefined
  readonly interface?: string | undefined
  readonly sourceAddress?: string | undefined
  readonly routerID?: string | undefined
  readonly holdTime?: string | undefined
  readonly keepaliveTime?: string | undefined
  readonly connectTime?: string | undefined
  readonly ebgpMultiHop: boolean
  readonly password?: string | undefined
  readonly passwordSecret?: { readonly name?: string | undefined } | undefined
}
type PeerRule = Rule<PeerFields>

/** Whole seconds, as FRR takes them; both or neither. */
export interface Timers {
  readonly keepaliveSeconds: number
  readonly holdSeconds: number
}

/** RFC 4271 §10: one of the two gives the other, 3 to 1. */
export function timersOf(hold?: number, keepalive?: number): Timers | undefined {
  if (hold === undefined && keepalive === undefined) return undefined
  const holdTime = hold ?? keepalive! * 3
  const keepaliveTime = keepalive ?? holdTime / 3
  return { keepaliveSeconds: Math.trunc(keepaliveTime), holdSeconds: Math.trunc(holdTime) }
}

// Text that is no duration or no address has its own rule, and no other complains about it.
const unlessDuration = (field: string) =>
  `!has(self.${field}) || !${isDuration(`self.${field}`)} || `
const lengthOf = (text?: string) => (text === undefined ? undefined : parseDuration(text))

// Seconds are cut off as FRR gets them: half a second is 0, which is "no timers".
const isHold = (seconds: number) => seconds >= 0 && (Math.trunc(seconds) === 0 || seconds >= 3)
const isHoldIn = (cel: string) =>
  `(${cel} >= duration('0s') && (${cel} < duration('1s') || ${cel} >= duration('3s')))`
const HOLD = 'duration(self.holdTime)'
const KEEPALIVE = 'duration(self.keepaliveTime)'

/** The hold time that follows from a keepalive time alone; a negative one has its own rule. */
const TRIPLED = `${KEEPALIVE} + ${KEEPALIVE} + ${KEEPALIVE}`
const unlessTripled = `has(self.holdTime) || ${unlessDuration('keepaliveTime')}`
function tripled({ holdTime, keepaliveTime }: PeerFields): number | undefined {
  const length = lengthOf(keepaliveTime) ?? -1
  return holdTime === undefined && length >= 0 ? Math.round(length * 3e9) / 1e9 : undefined
}

type TextField = 'sourceAddress' | 'peerAddress' | 'routerID' | 'holdTime' | 'keepaliveTime'
const written = (field: TextField): Shown<PeerFields> => ({
  cel: `self.${field}`,
  of: (peer) => peer[field],
})

const TIMER_RULES: readonly PeerRule[] = [
  {
    code: 'invalid-timers',
    at: 'holdTime',
    message: 'invalid hold time {}: must be 0 or at least 3s',
    shown: [written('holdTime')],
    cel: unlessDuration('holdTime') + isHoldIn(HOLD),
    holds: ({ holdTime }) => isHold(lengthOf(holdTime) ?? 0),
  },
  {
    code: 'invalid-timers',
    at: 'holdTime',
    message: 'invalid hold time {}: must be at most 65535s',
    shown: [written('holdTime')],
    cel: `${unlessDuration('holdTime')}${HOLD} < duration('65536s')`,
    holds: ({ holdTime }) => (lengthOf(holdTime) ?? 0) < 65536,
  },
  {
    code: 'invalid-timers',
    at: 'keepaliveTime',
    message: 'invalid keepalive time {}: must not be negative',
    shown: [written('keepaliveTime')],
    cel: `${unlessDuration('keepaliveTime')}${KEEPALIVE} >= duration('0s')`,
    holds: ({ keepaliveTime }) => (lengthOf(keepaliveTime) ?? 0) >= 0,
  },
  {
    code: 'invalid-timers',
    at: 'keepaliveTime',
    message: 'invalid keepalive time {}: must not be longer than the hold time {}',
    shown: [written('keepaliveTime'), written('holdTime')],
    cel: `${unlessDuration('holdTime')}${unlessDuration('keepaliveTime')}${KEEPALIVE} <= ${HOLD}`,
    holds: ({ keepaliveTime, holdTime }) =>
      (lengthOf(keepaliveTime) ?? -Infinity) <= (lengthOf(holdTime) ?? Infinity),
  },
  {
    code: 'invalid-timers',
    at: 'keepaliveTime',
    message: 'invalid keepalive time {}: three times that, the hold time, must be 0 or at least 3s',
    shown: [written('keepaliveTime')],
    cel: `${unlessTripled}${KEEPALIVE} < duration('0s') || ${isHoldIn(TRIPLED)}`,
    holds: (peer) => isHold(tripled(peer) ?? 0),
  },
  {
    code: 'invalid-timers',
    at: 'keepaliveTime',
    message: 'invalid keepalive time {}: three times that, the hold time, must be at most 65535s',
    shown: [written('keepaliveTime')],
    cel: `${unlessTripled}${TRIPLED} < duration('65536s')`,
    holds: (peer) => (tripled(peer) ?? 0) < 65536,
  },
]

const familyOf = (text = '') => parseAddress(text)?.family

/** Of both versions. What the old one cannot say (interface, dynamicASN) it need not have. */
export const SHARED_PEER_RULES: readonly PeerRule[] = [
  {
    code: 'missing-local-asn',
    at: 'myASN',
    message: 'local ASN is missing: myASN must not be 0',
    cel: 'self.myASN != 0',
    holds: ({ myASN }) => myASN !== 0,
  },
  {
    code: 'multihop-ibgp',
    at: 'ebgpMultiHop',
    message: 'ebgpMultiHop is for a neighbour of another AS',
    cel: '!has(self.ebgpMultiHop) || !self.ebgpMultiHop || !has(self.peerASN) || self.peerASN != self.myASN',
    holds: ({ ebgpMultiHop, peerASN, myASN }) => !ebgpMultiHop || peerASN !== myASN,
  },
  {
    code: 'invalid-router-id',
    at: 'routerID',
    message: 'invalid router ID: "{}" is not an IPv4 address',
    shown: [written('routerID')],
    cel: `!${given('routerID')} || isIP(self.routerID) && ip(self.routerID).family() == 4 || ${isExotic('self.routerID')}`,
    holds: ({ routerID }) => !routerID || familyOf(routerID) === 4,
  },
  {
    code: 'family-mismatch',
    at: 'sourceAddress',
    message: 'sourceAddress {} and peerAddress {} are of different IP families',
    shown: [written('sourceAddress'), written('peerAddress')],
    cel: '!has(self.sourceAddress) || !has(self.peerAddress) || !isIP(self.sourceAddress) || !isIP(self.peerAddress) || ip(self.sourceAddress).family() == ip(self.peerAddress).family()',
    holds: ({ sourceAddress, peerAddress }) => {
      const [a, b] = [familyOf(sourceAddress), familyOf(peerAddress)]
      return a === undefined || b === undefined || a === b
    },
  },
  ...TIMER_RULES,
]

/** Of the new version alone. */
export const PEER_RULES: readonly PeerRule[] = [
  {
    code: 'missing-peer-asn',
    at: 'peerASN',
    message: 'set peerASN or dynamicASN',
    cel: '(has(self.peerASN) && self.peerASN != 0) || has(self.dynamicASN)',
    holds: ({ peerASN, dynamicASN }) => Boolean(peerASN || dynamicASN),
  },
  {
    code: 'two-peer-asns',
    at: 'dynamicASN',
    message: 'set either peerASN or dynamicASN, not both',
    cel: '!has(self.peerASN) || self.peerASN == 0 || !has(self.dynamicASN)',
    holds: ({ peerASN, dynamicASN }) => !(peerASN && dynamicASN),
  },
  {
    code: 'multihop-ibgp',
    at: 'ebgpMultiHop',
    message: 'ebgpMultiHop is for a neighbour of another AS, dynamicASN internal is for our own',
    cel: `!has(self.ebgpMultiHop) || !self.ebgpMultiHop || !has(self.dynamicASN) || self.dynamicASN != 'internal'`,
    holds: ({ ebgpMultiHop, dynamicASN }) => !ebgpMultiHop || dynamicASN !== 'internal',
  },
  {
    code: 'missing-address',
    at: 'peerAddress',
    message: 'set peerAddress or interface',
    cel: `${given('peerAddress')} || ${given('interface')}`,
    holds: (peer) => Boolean(peer.peerAddress || peer.interface),
  },
  {
    code: 'two-addresses',
    at: 'interface',
    message: 'set either peerAddress or interface, not both',
    cel: `!${given('peerAddress')} || !${given('interface')}`,
    holds: (peer) => !(peer.peerAddress && peer.interface),
  },
  {
    code: 'invalid-connect-time',
    at: 'connectTime',
    message: 'connect time should be between 1 seconds to 65535',
    cel: `${unlessDuration('connectTime')}(duration(self.connectTime).getSeconds() >= 1 && duration(self.connectTime).getSeconds() <= 65535)`,
    holds: ({ connectTime }) => {
      const seconds = lengthOf(connectTime) ?? 1
      return seconds >= 1 && seconds < 65536
    },
  },
  {
    code: 'invalid-connect-time',
    at: 'connectTime',
    message: 'connect time should contain a whole number of seconds',
    cel: `${unlessDuration('connectTime')}duration(self.connectTime).getMilliseconds() % 1000 == 0`,
    holds: ({ connectTime }) => Number.isInteger(lengthOf(connectTime) ?? 1),
  },
  {
    code: 'two-passwords',
    at: 'passwordSecret',
    message: 'set either password or passwordSecret, not both',
    cel: `!${given('password')} || !has(self.passwordSecret) || !has(self.passwordSecret.name) || self.passwordSecret.name == ''`,
    holds: (peer) => !(peer.password && peer.passwordSecret?.name),
  },
]
