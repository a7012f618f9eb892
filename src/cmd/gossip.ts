// The speaker's place in the gossip, from its flags: opens the member, tells it where the others are,
// and leaves at once when the speaker is told to end, so that the others take over before it stops.
import type { Client } from '../kube/client.ts'
import { watchPods } from '../kube/watch-pods.ts'
import type { Log } from '../log.ts'
import { type Members, openMembers } from '../membership/members.ts'
import { readSecret, readSettings } from '../membership/mounted.ts'
import { type FlagValues, UsageError } from './flags.ts'
import type { gossipFlags } from './gossip-flags.ts'
import { RingView } from './ring-view.ts'
import type { MembersEdge } from './speaker-role.ts'

export interface GossipOptions {
  readonly flags: FlagValues<typeof gossipFlags> & {
    readonly namespace: string
    readonly once: boolean
  }
  readonly node: string
  /** What this speaker says of itself to the others. */
  readonly word?: string
  /** Why this node cannot answer on layer 2, if it cannot. */
  readonly whyNot?: string | undefined
  /** Of a cluster; a folder has no Pods. */
  readonly client?: Client | undefined
  readonly log: Log
  /** The speaker is told to end. */
  readonly signal: AbortSignal
}

/** Beside what a pass sees of it, the ring as it is: for whoever shows it. */
export interface Gossip extends MembersEdge, Pick<Members, 'list' | 'counters'>, AsyncDisposable {
  /** Whether all who live say of themselves what we say. */
  isUnanimous(): boolean
  on(event: 'change' | 'regained' | 'revived', listener: () => void): unknown
}

/** Knows of nobody who lives, itself included: so it answers for nothing. */
const NO_MEMBER: Gossip = {
  alive: () => NOBODY,
  list: () => [],
  counters: () => NOTHING,
  isUnanimous: () => false,
  on: () => {},
  [Symbol.asyncDispose]: async () => {},
}
const NOBODY: ReadonlySet<string> = new Set()
const NOTHING = {
  ...{ health: 0, packetsIn: 0, packetsOut: 0, streamsIn: 0 },
  ...{ dropped: {}, happened: {} },
}

/** Nothing where the flags ask for none. */
export async function openGossip(options: GossipOptions): Promise<Gossip | undefined> {
  const { flags, client, signal } = options
  const log = options.log.child({ op: 'gossip' })
  // One pass for a look must not take the place of the speaker that runs.
  if (flags.once) return undefined
  const selectors = client ? selectorsIn(flags.mlLabels) : []
  if (!asksForGossip(flags, client !== undefined)) {
    log.info('no gossip: every node counts as one whose speaker lives')
    return undefined
  }
  if (options.whyNot !== undefined) {
    // As a member it would be elected, and its addresses be answered by nobody.
    log.warn({ why: options.whyNot }, 'not gossiping: other nodes are elected on layer 2')
    return NO_MEMBER
  }
  await using stack = new AsyncDisposableStack()
  const members = stack.use(await openMembers(await memberOptions(options, log)))
  const { word = '' } = options
  const view = stack.use(new RingView(members, { word }))
  // Disposed before the two above: whatever ends the speaker, the others are told.
  stack.defer(() => view.leave())
  signal.addEventListener('abort', () => void view.leave(), { once: true })
  const meet = (addresses: readonly string[]) => view.meet(union([flags.mlJoin, addresses]))
  if (client) stack.use(watchSpeakers({ client, ...flags, selectors, log }, meet))
  else meet([])
  log.info({ address: flags.mlBindaddr, port: flags.mlBindport }, 'gossiping')
  const open = stack.move()
  return {
    alive: () => view.alive(),
    isUnanimous: () => view.isUnanimous(),
    on: (event, listener) => view.on(event, listener),
    hurry: () => members.hurry(),
    list: () => members.list(),
    counters: () => members.counters(),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** Whether they name an address to gossip from, and whom to meet there. */
export function asksForGossip(flags: FlagValues<typeof gossipFlags>, isCluster: boolean): boolean {
  const selectors = isCluster ? selectorsIn(flags.mlLabels) : []
  return flags.mlBindaddr !== '' && selectors.length + flags.mlJoin.length > 0
}

/** Twice the same would be one too few for ever. */
function selectorsIn(labels: string): string[] {
  const written = labels.split(';').map((one) => one.trim())
  return [...new Set(written)].filter((one) => one !== '')
}

const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())].sort()

async function memberOptions({ flags, node: name, word = '' }: GossipOptions, log: Log) {
  const { mlBindaddr: bindAddress, mlBindport: port } = flags
  if (port === 0) throw new UsageError('--ml-bindport: 0 is no port that others could know')
  const secret = await readSecret(flags.mlSecretKeyPath)
  if (secret.length === 0) {
    log.warn('the gossip is not encrypted: whoever reaches its port decides who lives')
  }
  const settings = await readSettings(flags.mlConfigFile, flags.mlWanConfig ? 'WAN' : 'LAN')
  const keyBytes = flags.mlKeyBytes === '16' ? 16 : 32
  const meta = word === '' ? undefined : Buffer.from(word)
  return { name, bindAddress, port, meta, secret, keyBytes, settings, log } as const
}

interface Watching {
  readonly client: Client
  readonly namespace: string
  readonly selectors: readonly string[]
  readonly log: Log
}

/** Tells the addresses of all, and only once all are known: the rest would be taken for dead. */
function watchSpeakers(
  { client, namespace, selectors, log }: Watching,
  onChange: (addresses: readonly string[]) => void,
): AsyncDisposable {
  const stop = new AbortController()
  const found = new Map<string, readonly string[]>()
  const watches = selectors.map((labelSelector) =>
    watchPods({
      ...{ client, namespace, labelSelector, signal: stop.signal },
      onChange: (addresses) => {
        found.set(labelSelector, addresses)
        if (found.size === selectors.length) onChange(union([...found.values()]))
      },
      onRefused: (error) => {
        log.error({ error, selector: labelSelector }, 'cannot find the Pods of the other speakers')
      },
    }),
  )
  if (selectors.length === 0) onChange([])
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await Promise.all(watches)
    },
  }
}
