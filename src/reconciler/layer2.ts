// What this node answers for on layer 2: each address once, however many Services share it, and what
// the Services' statuses say of it.
import { type Address, compareAddresses } from '../net/address.ts'
import type { ServiceAnnouncement } from './announcements.ts'

export interface AnsweredAddress {
  readonly address: Address
  /** Sorted; empty: all. */
  readonly interfaces: readonly string[]
}

export interface Layer2Plan {
  /** By address. */
  readonly addresses: readonly AnsweredAddress[]
  /** By Service: the interfaces that answer for it; empty: all. */
  readonly statuses: readonly { readonly service: string; readonly interfaces: readonly string[] }[]
}

export function planLayer2(services: readonly ServiceAnnouncement[]): Layer2Plan {
  const statuses: { service: string; interfaces: readonly string[] }[] = []
  const answered = new Map<string, AnsweredAddress>()
  for (const { key, l2 } of services) {
    if (!l2?.announce) continue
    const { interfaces } = l2
    statuses.push({ service: key, interfaces })
    for (const address of l2.addresses) {
      const others = answered.get(address.text)?.interfaces
      const all = others ? union(others, interfaces) : interfaces
      answered.set(address.text, { address, interfaces: all })
    }
  }
  const addresses = [...answered.values()]
  return { addresses: addresses.sort((a, b) => compareAddresses(a.address, b.address)), statuses }
}

/** Empty is all, and all with some is all. */
function union(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a === b || a.length === 0) return a
  return b.length === 0 ? b : [...new Set([...a, ...b])].sort()
}
