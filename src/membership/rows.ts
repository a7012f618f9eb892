// The table of a ring as others may see it.
import { addressText } from './endpoint.ts'
import type { MemberRow } from './members.ts'
import { isMember, type Ring } from './ring.ts'

/** By name. */
export function rowsOf(ring: Ring, now: number): readonly MemberRow[] {
  return [...ring.table.values()]
    .map(({ name, addr, port, state, since, meta }) => ({
      ...{ name, address: addressText(addr), port, state, sinceMs: now - since },
      meta: Buffer.from(meta ?? []).toString('latin1'),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

export const membersIn = (ring: Ring) => ring.table.values().filter(isMember)

export const namesOfMembers = (ring: Ring): ReadonlySet<string> =>
  new Set([...membersIn(ring)].map(({ name }) => name).sort())
