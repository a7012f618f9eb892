// What is different between the announcements of two passes, protocol by protocol: for the log, and
// for the users whose Service it is. Told when it begins and when it ends, never because a pass ran again.
import { ANNOUNCE_REASONS, type AnnounceReason } from './announce-reasons.ts'
import type { Protocol, ServiceAnnouncement } from './announcements.ts'

/** What a user has to mend, and this node is the one that knows. */
const FAILURES = ['noInterface', 'sharedIPWithServiceSelector'] as const
type Failure = (typeof FAILURES)[number]

export type AnnouncementChange = {
  /** `namespace/name` of the Service. */
  readonly key: string
  readonly protocol: Protocol
  readonly addresses: readonly string[]
} & (
  | { readonly kind: 'announced'; readonly pool: string }
  | { readonly kind: 'withdrawn'; readonly reason: string }
  | { readonly kind: 'failed'; readonly because: Failure }
)

/** A Service that did not change is the very same value in both. */
export function changesBetween(
  before: readonly ServiceAnnouncement[],
  after: readonly ServiceAnnouncement[],
): AnnouncementChange[] {
  const known = new Map(before.map((one) => [one.key, one]))
  const changes: AnnouncementChange[] = []
  for (const one of after) {
    const last = known.get(one.key)
    known.delete(one.key)
    if (last !== one) changes.push(...changesOf(one.key, last, one))
  }
  return [
    ...changes,
    ...[...known.values()].flatMap((gone) => changesOf(gone.key, gone, undefined)),
  ]
}

function changesOf(
  key: string,
  last: ServiceAnnouncement | undefined,
  next: ServiceAnnouncement | undefined,
): AnnouncementChange[] {
  return [...changeOf(key, 'bgp', last, next), ...changeOf(key, 'layer2', last, next)]
}

function changeOf(
  key: string,
  protocol: Protocol,
  last: ServiceAnnouncement | undefined,
  next: ServiceAnnouncement | undefined,
): AnnouncementChange[] {
  const had = standingOf(last, protocol)
  const { addresses, pool, because, text } = standingOf(next, protocol)
  if (had.text === text) return []
  if (pool !== undefined) return [{ kind: 'announced', key, protocol, addresses, pool }]
  const changes: AnnouncementChange[] = []
  if (had.pool !== undefined) {
    const reason = because ? ANNOUNCE_REASONS[because] : 'serviceDeleted'
    changes.push({ kind: 'withdrawn', key, protocol, addresses: had.addresses, reason })
  }
  const failure = FAILURES.find((one) => one === because)
  if (failure) changes.push({ kind: 'failed', key, protocol, addresses, because: failure })
  return changes
}

interface Standing {
  readonly addresses: readonly string[]
  /** While it is announced. */
  readonly pool?: string
  readonly because?: AnnounceReason
  /** Equal while there is nothing to tell. */
  readonly text: string
}

const NOTHING: Standing = { addresses: [], text: '' }

function standingOf(one: ServiceAnnouncement | undefined, protocol: Protocol): Standing {
  const decision = protocol === 'bgp' ? one?.bgp : one?.l2
  if (!one || !decision) return NOTHING
  const { addresses } = one
  if (decision.announce) {
    return { addresses, pool: decision.pool, text: `announced ${addresses.join()}` }
  }
  const { because } = decision
  const isTold = FAILURES.some((failure) => failure === because)
  return { addresses, because, text: isTold ? `${because} ${addresses.join()}` : '' }
}
