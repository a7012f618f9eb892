// The source of objects that the flags name, a folder or the API server of a cluster, and whether this
// process may write to it: of several controllers of a cluster one leads.
import { once } from 'node:events'
import { hostname } from 'node:os'
import type { Access } from '../kube/access.ts'
import type { Client } from '../kube/client.ts'
import type { Told } from '../kube/event-book.ts'
import { openFolder } from '../kube/folder.ts'
import type { Source } from '../kube/source.ts'
import { type Fence, NO_FENCE } from '../kube/write.ts'
import type { Log } from '../log.ts'
import type { ApiView } from '../metrics/record-api.ts'
import { type FlagValues, UsageError } from './flags.ts'
import type { shared } from './role-flags.ts'

export type SharedFlags = FlagValues<typeof shared>

/** Who may write. In a folder, and for a speaker's own statuses, always we. */
export interface Leadership extends Fence {
  readonly isLeading: boolean
  /** Called when that is another answer than before. */
  onChange(listener: () => void): void
}

export interface Opened extends AsyncDisposable {
  readonly source: Source
  readonly leadership: Leadership
  /** A folder has nobody to show them to; they are in the log there. */
  readonly record: (told: Told) => void
  /** Of a cluster. */
  readonly client?: Client
  readonly traffic?: ApiView
}

const ALWAYS: Leadership = { ...NO_FENCE, isLeading: true, onChange: () => {} }

export interface OpenOptions {
  readonly flags: SharedFlags
  readonly log: Log
  readonly role: 'controller' | 'speaker'
  /** The node of a speaker, for its events. */
  readonly host?: string
  /** Ends the wait for the Lease, where there is one. */
  readonly signal: AbortSignal
  /** Who only answers webhooks must not keep the others from leading. */
  readonly leads?: boolean
}

export async function openSource(options: OpenOptions): Promise<Opened> {
  const { flags, log } = options
  if (flags.objects === '') return await openClusterOf(options)
  const onError = (error: Error) => log.error({ op: 'watch', error }, 'cannot read the folder')
  const source = openFolder({
    ...{ dir: flags.objects, namespace: flags.namespace, onError },
    watch: !flags.once,
    rescanMs: flags.rescanMs,
  })
  return {
    ...{ source, leadership: ALWAYS, record: () => {} },
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  }
}

async function openClusterOf(options: OpenOptions): Promise<Opened> {
  const { flags, log, role, host, leads = role === 'controller' } = options
  // Loaded only here: a folder needs nothing of it.
  const { openClient } = await import('../kube/client.ts')
  const { openCluster } = await import('../kube/cluster.ts')
  const { namespace, podName } = flags
  await using stack = new AsyncDisposableStack()
  const client = stack.use(openClient(await accessOf(flags)))
  // Opened before the source and closed after it: nothing is written any more when it is given back.
  const lease = leads ? stack.use(await openLeaseOf(client, options)) : undefined
  const source = stack.use(
    openCluster({
      ...{ client, role, namespace, podName, ...(lease ? { fence: lease.fence } : {}) },
      onError: (error) => log.error({ op: 'kube', error }, 'trouble with the API server'),
      onRecovered: (sentence) => log.info({ op: 'kube' }, sentence),
      onNote: (sentence) => log.debug({ op: 'kube' }, sentence),
    }),
  )
  const { openEvents } = await import('../kube/events.ts')
  const events = stack.use(
    openEvents({
      ...{ client, component: `metallb-${role}`, ...(host ? { host } : {}) },
      onError: (error) => log.warn({ op: 'events', error }, 'events cannot be sent'),
    }),
  )
  const open = stack.move()
  return {
    ...{ source, client, leadership: lease?.leadership ?? ALWAYS },
    record: (told) => events.record(told),
    traffic: { requests: client.requests, events: () => events.counts },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** As the Role of the controller allows it; MetalLB has one replica and no Lease. */
const LEASE = 'controller'

async function openLeaseOf(client: Client, { flags, log, signal }: OpenOptions) {
  const { openLease } = await import('../kube/lease.ts')
  const { namespace, podName, once: isOnce } = flags
  const listeners = new Set<() => void>()
  const led = Promise.withResolvers<void>()
  const lease = openLease({
    ...{ client, namespace, name: LEASE, identity: podName || `${hostname()}-${process.pid}` },
    onChange: (isLeading) => {
      log.info({ op: 'lease', isLeading }, isLeading ? 'leading' : 'standing by')
      if (isLeading) led.resolve()
      for (const listener of listeners) listener()
    },
    onError: (error) => log.error({ op: 'lease', error }, 'cannot tell who leads'),
  })
  if (isOnce) {
    // One pass only, so it has to be one that may write.
    log.info({ op: 'lease' }, `waiting for the Lease ${namespace}/${LEASE}: --once has to lead`)
    await Promise.race([led.promise, aborted(signal)])
  }
  const leadership: Leadership = {
    get isLeading() {
      return lease.isLeading
    },
    leftMs: () => lease.leftMs(),
    onChange: (listener) => listeners.add(listener),
  }
  return { leadership, fence: lease, [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose]() }
}

export const aborted = (signal: AbortSignal): Promise<unknown> =>
  signal.aborted ? Promise.resolve() : once(signal, 'abort')

async function accessOf(flags: SharedFlags): Promise<Access> {
  const access = await clusterAccess(flags)
  if (access) return access
  throw new UsageError(
    'say where the objects are: --objects DIR for a folder, --kubeconfig FILE for a cluster; in a Pod neither is needed',
  )
}

/** By a file, or as a Pod has it; undefined: nobody said where there is a cluster. */
export async function clusterAccess(
  flags: Pick<SharedFlags, 'kubeconfig' | 'kubernetesHost' | 'kubernetesPort'>,
): Promise<Access | undefined> {
  const { kubeconfig, kubernetesHost: host, kubernetesPort: port } = flags
  const { kubeconfigAccess, podAccess } = await import('../kube/access.ts')
  if (kubeconfig !== '') return await kubeconfigAccess(kubeconfig)
  return host === '' ? undefined : podAccess({ host, port })
}
