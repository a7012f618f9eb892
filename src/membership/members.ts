// A member of the gossip ring of the speakers, for whoever runs one: what it takes and what it tells.
import type { Log } from '../log.ts'
import type { KeyBytes } from './key.ts'
import type { NodeState } from './message.ts'
import { RunningMember } from './running-member.ts'
import type { Settings } from './settings.ts'

export interface MembersOptions {
  /** The node's, as in Node objects. */
  readonly name: string
  /** The one that the others reach us at; not a wildcard. */
  readonly bindAddress: string
  /** TCP and UDP, and that of all others. */
  readonly port: number
  /** As the file has it; empty: nothing is sealed. */
  readonly secret: Uint8Array
  readonly keyBytes?: KeyBytes
  /** What this member says of itself to all others. */
  readonly meta?: Uint8Array | undefined
  readonly settings: Settings
  readonly fastDetector?: boolean
  readonly log: Log
}

export interface MemberRow {
  readonly name: string
  readonly address: string
  readonly port: number
  readonly state: NodeState
  /** In this state for so long. */
  readonly sinceMs: number
  /** What it says of itself, a letter to a byte. */
  readonly meta: string
}

/** Disposing closes the sockets without a word, as a crash would; but first ends a `leave`. */
export interface Members extends AsyncDisposable {
  /** Alive and suspect, our own name included; the very same set until it changes. */
  alive(): ReadonlySet<string>
  list(): readonly MemberRow[]
  /** These and no others are joined while they are not members, again and again. */
  join(addresses: readonly string[]): void
  /** The network is back, as far as we can see: they are asked at once. */
  hurry(): void
  /** `revived`: the others were told that we are dead, and may have taken over what is ours. */
  on(event: 'change' | 'revived', listener: () => void): unknown
  /** Tells all that we go; resolves when it is told, or after a second. */
  leave(): Promise<void>
  counters(): GossipCounters
}

export interface GossipCounters {
  /** How badly probes of the others go: 0 is healthy. */
  readonly health: number
  readonly packetsIn: number
  readonly packetsOut: number
  /** Connections that others opened. */
  readonly streamsIn: number
  /** What came in and could not be read, by the reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** What happened in the ring, and what went wrong, each by its word. */
  readonly happened: Readonly<Record<string, number>>
}

export async function openMembers(options: MembersOptions): Promise<Members> {
  const running = new RunningMember(options)
  await running.open()
  return running
}
