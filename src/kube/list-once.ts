// The objects of a cluster as they stand at this moment, for who asks once and goes: every kind is
// listed as a role would list it, and none is watched. What the reader's rights leave out is named.
import type { Client } from './client.ts'
import { isDispensable, watchedOf } from './cluster.ts'
import { KindCopy } from './kind-copy.ts'
import type { ListedObject } from './reflect.ts'
import { pathOf, RESOURCES, type ServedKind } from './resources.ts'
import type { Change } from './source.ts'
import type { Unread } from './unread.ts'
import { type Watched, watch } from './watch.ts'

export interface ListOptions {
  readonly client: Client
  /** Of our configuration. */
  readonly namespace: string
  readonly kinds: readonly ServedKind[]
  /** Where to look for Services and their endpoints when they may not be read everywhere. */
  readonly within?: string
  readonly signal: AbortSignal
  /** Objects to a page of a list. */
  readonly pageSize?: number
}

export interface Listed {
  readonly changes: readonly Change[]
  readonly unread: readonly Unread[]
}

export async function listOnce(options: ListOptions): Promise<Listed> {
  const { kinds } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  try {
    const lists = await Promise.all(kinds.map((kind) => listKind(kind, { ...options, signal })))
    return {
      changes: lists.flatMap(({ changes }) => changes),
      unread: lists.flatMap(({ unread }) => unread),
    }
  } finally {
    // One failed, and with it all: the others need not go on.
    stop.abort()
  }
}

async function listKind(kind: ServedKind, options: ListOptions): Promise<Listed> {
  const { namespace, within } = options
  const copy = new KindCopy(RESOURCES[kind], namespace)
  const watched = watchedOf(kind, namespace)
  const failure = await list(copy, watched, options)
  if (!failure) return { changes: copy.take(), unread: [] }
  if (isDispensable(kind, failure.status)) return { changes: [], unread: [] }
  const unread = { kind, ...failure }
  const none = { changes: [], unread: [unread] }
  const isSpread = kind === 'Service' || kind === 'EndpointSlice'
  if (!isSpread || within === undefined || failure.status !== 403) return none
  const path = pathOf(RESOURCES[kind], { namespace: within })
  if (await list(copy, { ...watched, path }, options)) return none
  return { changes: copy.take(), unread: [{ ...unread, readIn: within }] }
}

interface Failure {
  readonly status: number
  readonly message: string
}

interface Failed {
  readonly message: string
  readonly status?: number
  /** In a row. */
  readonly failures: number
}

/** So often in a row the server may have no time, or forget a list before its last page. */
const ATTEMPTS_MAX = 5

/** Fills the copy. Returns why this may not be read, and throws why nothing can be. */
async function list(
  copy: KindCopy,
  watched: Watched,
  { client, signal, pageSize }: ListOptions,
): Promise<Failure | undefined> {
  const done = new AbortController()
  let last: Failed | undefined
  const sink = {
    begin: () => copy.begin(),
    put: (object: ListedObject) => copy.put(object),
    remove: (object: ListedObject) => copy.remove(object),
    sweep: () => copy.sweep(),
    flush: () => {},
    synced: () => done.abort(),
    failed: (failure: Failed) => {
      if (!isFinal(failure)) return
      last = failure
      done.abort()
    },
    recovered: () => {},
    expired: () => {},
  }
  const paging = pageSize === undefined ? {} : { pageSize }
  // The list is the first half of a watch, paging and forgotten versions included; it ends there.
  await watch({ client, watched, sink, ...paging, signal: AbortSignal.any([signal, done.signal]) })
  signal.throwIfAborted()
  if (!last) return undefined
  const { status, message } = last
  if (status === 403 || status === 404) return { status, message }
  if (status === 401) throw new Error(`the API server does not know who asks: ${message}`)
  throw new Error(`cannot read the cluster: ${message}`)
}

/** A person waits: what another attempt will hardly change is told at once. */
function isFinal({ status, failures }: Failed): boolean {
  const mayPass = status === 410 || status === 429 || (status !== undefined && status >= 500)
  return !mayPass || failures >= ATTEMPTS_MAX
}
