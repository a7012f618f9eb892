// `--l2-ownership`: the flag, the word by which speakers tell each other of it, and what has to be there
// for it. A mode of our own takes effect only while all who live say the same word: among nodes that
// decide by different rules an address would have two owners, or none.
import { EventEmitter } from 'node:events'
import type { Client } from '../kube/client.ts'
import { type HoldersWatch, watchHolders } from '../kube/holders.ts'
import type { Log } from '../log.ts'
import { OWNERSHIP_MODES, type Ownership, type OwnershipMode } from '../reconciler/ownership.ts'
import { choice, type FlagValues, UsageError } from './flags.ts'
import { asksForGossip, type Gossip } from './gossip.ts'
import type { gossipFlags } from './gossip-flags.ts'

export const l2Ownership = choice(
  'Who answers for an address on layer 2. hash: as MetalLB elects it, so that it moves whenever a node comes. sticky: whoever answers for it, as long as that node lives and may. spread: the same, and addresses that nobody answers for are shared out evenly. The last two take effect while all living speakers have the same; until then, and beside speakers of MetalLB, the hash decides.',
  OWNERSHIP_MODES,
  'hash',
)

/** Nothing for what MetalLB does as well, whose speakers say nothing of themselves. */
export const wordOf = (mode: OwnershipMode): string => (mode === 'hash' ? '' : `ferrule-l2=${mode}`)

interface Needs extends FlagValues<typeof gossipFlags> {
  readonly l2Ownership: OwnershipMode
  readonly objects: string
}

/** Throws where what others say, or what they hold, could not be known. */
export function checkOwnership(flags: Needs): void {
  const { l2Ownership: mode, objects } = flags
  if (mode === 'hash') return
  if (objects !== '') {
    throw new UsageError(
      `--l2-ownership=${mode} needs a cluster: in a folder nobody says which node answers for what`,
    )
  }
  if (!asksForGossip(flags, true)) {
    throw new UsageError(
      `--l2-ownership=${mode} needs the gossip (--ml-bindaddr, and --ml-labels or --ml-join): without it nobody knows how the other speakers decide`,
    )
  }
}

/** What more than the hash decides on; `unknown`: it should, and what it needs is not known yet. */
export type Ruling = Ownership | 'hash' | 'unknown'

export interface OwnershipEdge {
  ruling(): Ruling
  on(event: 'change', listener: () => void): unknown
}

export interface OpenOptions {
  readonly flags: Pick<Needs, 'l2Ownership'> & { readonly namespace: string }
  readonly client?: Client | undefined
  readonly ring?: Gossip | undefined
  readonly log: Log
}

/** Nothing where the hash is to decide, or where there is one pass only and nobody is met. */
export function openOwnership(options: OpenOptions): (OwnershipEdge & AsyncDisposable) | undefined {
  const { client, ring, log } = options
  const { l2Ownership: mode, namespace } = options.flags
  if (mode === 'hash' || !client || !ring) return undefined
  const onRefused = (error: Error) => {
    log.error({ op: 'l2', error }, 'cannot read which node answers for what')
  }
  const holders = watchHolders({ client, namespace, onRefused })
  return new AgreedOwnership({ mode, ring, holders, log })
}

export interface AgreedOptions {
  readonly mode: Exclude<OwnershipMode, 'hash'>
  readonly ring: Pick<Gossip, 'isUnanimous' | 'on'>
  readonly holders: HoldersWatch
  readonly log: Log
}

export class AgreedOwnership
  extends EventEmitter<{ change: [] }>
  implements OwnershipEdge, AsyncDisposable
{
  readonly #options: AgreedOptions
  #told: boolean | undefined

  constructor(options: AgreedOptions) {
    super()
    this.#options = options
    const { ring, holders } = options
    ring.on('change', () => this.#tell())
    // A node that was cut off goes by what was true before, and would keep what others have by now.
    ring.on('regained', () => holders.refresh())
    holders.on('change', () => this.emit('change'))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.holders[Symbol.asyncDispose]()
  }

  ruling(): Ruling {
    const { mode, ring, holders } = this.#options
    if (!ring.isUnanimous()) return 'hash'
    const known = holders.known()
    return known ? { mode, holders: known } : 'unknown'
  }

  /** The ring itself tells of its changes; here is only what its users should know. */
  #tell(): void {
    const { mode, ring, log } = this.#options
    const isUnanimous = ring.isUnanimous()
    if (isUnanimous === this.#told) return
    this.#told = isUnanimous
    const sentence = isUnanimous
      ? `all living speakers have --l2-ownership=${mode}: it takes effect`
      : `not all living speakers have --l2-ownership=${mode}: the hash decides`
    log.info({ op: 'l2', mode: isUnanimous ? mode : 'hash' }, sentence)
  }
}
