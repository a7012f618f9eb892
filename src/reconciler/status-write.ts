// What must be written to a Service so that its status says what was decided; nothing when it does
// already. An idle cluster causes no writes.
import { ALLOCATED_FROM_POOL } from '../api/annotations.ts'
import type { Ingress, Service } from '../api/core.ts'
import { parseAddress } from '../net/address.ts'

export interface StatusWrite {
  /** `namespace/name` */
  readonly key: string
  readonly identity: string
  readonly ingress: Ingress[]
  /** Of `ip-allocated-from-pool`; null removes it. */
  readonly annotation: string | null
}

interface Decided {
  readonly key: string
  readonly identity: string
  readonly addresses: readonly string[]
  readonly pool?: string
}

/** `written`: what was written before and is not shown yet; the same again would be one too many. */
export function writeFor(
  service: Service,
  { key, identity, addresses, pool }: Decided,
  written?: readonly string[],
): StatusWrite | undefined {
  if (written && sameTexts(written, addresses)) return undefined
  const before = service.status.loadBalancer.ingress
  const ingress = addresses.map((ip) => entryOf(before, ip))
  const stands = service.metadata.annotations[ALLOCATED_FROM_POOL] ?? null
  const annotation = addresses.length === 0 ? null : (pool ?? stands)
  const same = ingress.length === before.length && ingress.every((one, i) => one === before[i])
  return same && annotation === stands ? undefined : { key, identity, ingress, annotation }
}

/** An entry that stays is kept whole: `ipMode` is the API server's default or another's choice. */
const entryOf = (before: readonly Ingress[], ip: string): Ingress =>
  before.find((entry) => entry.ip !== undefined && parseAddress(entry.ip)?.text === ip) ?? { ip }

const sameTexts = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((one) => b.includes(one))
