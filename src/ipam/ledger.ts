// Who holds which address in this pass. Built anew from what the Services' own status says, then
// only ever added to: that is why a position once found taken is never looked at again, and ten
// thousand allocations out of a /8 cost ten thousand steps.
import type { AddressBlock } from '../api/address-block.ts'
import type { Pool } from '../config/config.ts'
import { type Address, addressOf, type Family } from '../net/address.ts'
import { lastBits } from '../net/prefix.ts'
import { isBuggy } from './capacity.ts'
import { type Terms, whyNotShared } from './sharing.ts'

export interface User {
  /** `namespace/name` of the Service. */
  readonly key: string
  readonly terms: Terms
}

interface Holding {
  readonly address: Address
  readonly users: User[]
  /** Built when the second user comes: most addresses have one. */
  ports?: Set<string>
}

interface Usage {
  4: number
  6: number
}

export interface Ledger {
  readonly 4: Map<bigint, Holding>
  readonly 6: Map<bigint, Holding>
  /** Distinct addresses in use, by pool. */
  readonly usage: Map<string, Usage>
  /** Addresses in the order they were claimed, by pool, family and terms of sharing. */
  readonly shared: Map<string, Holding[]>
  /** How far a search has come: nothing before it can fit any more. */
  readonly cursors: Map<AddressBlock, bigint>
  readonly sharedCursors: Map<string, number>
}

export const emptyLedger = (): Ledger => ({
  4: new Map(),
  6: new Map(),
  usage: new Map(),
  shared: new Map(),
  cursors: new Map(),
  sharedCursors: new Map(),
})

export interface Conflict {
  readonly address: Address
  /** The Service that is in the way; of several, the first by name. */
  readonly with: string
  readonly why: string
}

/** Why a Service cannot have this address, as things stand. */
export function conflictAt(ledger: Ledger, address: Address, user: User): Conflict | undefined {
  const holding = ledger[address.family].get(address.bits)
  if (!holding || fits(holding, user.terms)) return undefined
  const conflicts = holding.users.flatMap(({ key, terms }) => {
    const why = whyNotShared(terms, user.terms)
    return why === undefined ? [] : [{ address, with: key, why }]
  })
  // Not the one that came first in this pass: the next pass may see them in another order.
  return conflicts.reduce((a, b) => (a.with <= b.with ? a : b))
}

/** All users of an address agree on everything but their ports: the first one speaks for them. */
function fits(holding: Holding, terms: Terms): boolean {
  const [first, second] = holding.users
  if (first && whyNotShared(first.terms, terms) !== undefined) return false
  if (!second) return true
  holding.ports ??= portsOf(holding.users)
  return !terms.ports.some((port) => holding.ports?.has(port))
}

const portsOf = (users: readonly User[]) => new Set(users.flatMap(({ terms }) => terms.ports))

/** Enters a user that `conflictAt` has nothing against. Without a pool: held, but not ours to give. */
export function claim(
  ledger: Ledger,
  pool: string | undefined,
  addresses: readonly Address[],
  user: User,
): void {
  for (const address of addresses) {
    const holding = ledger[address.family].get(address.bits)
    if (holding) {
      holding.users.push(user)
      for (const port of user.terms.ports) holding.ports?.add(port)
    } else {
      const fresh = { address, users: [user] }
      ledger[address.family].set(address.bits, fresh)
      if (pool !== undefined) enter(ledger, pool, fresh, user.terms)
    }
  }
}

function enter(ledger: Ledger, pool: string, holding: Holding, terms: Terms): void {
  const { family } = holding.address
  const usage = ledger.usage.get(pool)
  if (usage) usage[family]++
  else ledger.usage.set(pool, { 4: 0, 6: 0, [family]: 1 })
  if (terms.sharing === '') return
  const group = sharingGroup(pool, family, terms)
  const list = ledger.shared.get(group)
  if (list) list.push(holding)
  else ledger.shared.set(group, [holding])
}

const sharingGroup = (pool: string, family: Family, terms: Terms) =>
  JSON.stringify([pool, family, terms.sharing, terms.backend])

/** An address of the pool already in use under the same terms, where the ports are free. */
export function findShared(
  ledger: Ledger,
  pool: Pool,
  family: Family,
  terms: Terms,
): Address | undefined {
  if (terms.sharing === '') return undefined
  const group = sharingGroup(pool.name, family, terms)
  const list = ledger.shared.get(group) ?? []
  const search = `${group}${terms.ports.join()}`
  let at = ledger.sharedCursors.get(search) ?? 0
  while (at < list.length && !fits(list[at]!, terms)) at++
  ledger.sharedCursors.set(search, at)
  return list[at]?.address
}

/** The lowest address of the pool, in the order of its blocks, that nobody uses. */
export function findFree(ledger: Ledger, pool: Pool, family: Family): Address | undefined {
  for (const block of pool.blocks) {
    if (block.prefixes[0]?.family !== family) continue
    const bits = nextFree(ledger, block, pool.avoidBuggyIPs)
    if (bits !== undefined) return addressOf(family, bits)
  }
  return undefined
}

function nextFree(ledger: Ledger, block: AddressBlock, avoidsBuggy: boolean): bigint | undefined {
  const { family, bits: first } = block.prefixes[0]!
  const last = lastBits(block.prefixes.at(-1)!)
  const taken = ledger[family]
  let bits = ledger.cursors.get(block) ?? first
  while (bits <= last && (taken.has(bits) || (avoidsBuggy && isBuggy({ family, bits })))) bits++
  ledger.cursors.set(block, bits)
  return bits <= last ? bits : undefined
}
