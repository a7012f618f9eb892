// What kubelets tell the API server, where none runs: a Pod with a node is ready at once, and one that is
// to end is gone at once. It sees every Pod come and go, so it also tells which ever shared a node.
import { kubeconfigAccess } from '../../../src/kube/access.ts'
import { ApiError } from '../../../src/kube/api-error.ts'
import { type Client, openClient } from '../../../src/kube/client.ts'
import type { ApiServer } from './api-server.ts'

export interface PaperKubelet extends AsyncDisposable {
  /** Of Pods with one of these labels, those that stood on one node at the same time. */
  readonly together: ReadonlySet<string>
}

interface Pod {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly labels?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
  }
  readonly spec: { readonly nodeName?: string }
  readonly status?: { readonly phase?: string }
}

interface PodEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR'
  readonly object: Pod
}

interface PodList {
  readonly items: readonly Pod[]
  readonly metadata: { readonly resourceVersion: string }
}

export interface PaperKubeletOptions {
  readonly namespace: string
  /** Whose Pods must not meet: `app=metallb`, say. */
  readonly alone: readonly string[]
}

export async function startPaperKubelet(
  server: ApiServer,
  { namespace, alone }: PaperKubeletOptions,
): Promise<PaperKubelet> {
  const client = openClient(await kubeconfigAccess((await server.access()).kubeconfig))
  const stop = new AbortController()
  const pods = new Map<string, Pod>()
  const together = new Set<string>()
  const path = `/api/v1/namespaces/${namespace}/pods`

  /** A watch from now on, until the server ends it; a server that has just started does so soon. */
  async function follow(): Promise<void> {
    const { items, metadata } = await client.request<PodList>({ path })
    pods.clear()
    for (const object of items) await see({ type: 'ADDED', object })
    const query = { watch: true, resourceVersion: metadata.resourceVersion }
    for await (const lines of client.lines({ path, query, signal: stop.signal })) {
      const events = lines.map((line) => JSON.parse(line) as PodEvent)
      if (events.some(({ type }) => type === 'ERROR')) return
      for (const event of events) await see(event)
    }
  }

  async function see({ type, object }: PodEvent): Promise<void> {
    const { uid } = object.metadata
    if (type === 'DELETED') pods.delete(uid)
    else pods.set(uid, object)
    for (const label of alone) noteTogether([...pods.values()].filter(hasLabel(label)), together)
    if (type !== 'DELETED' && object.spec.nodeName) await serve(client, path, object)
  }

  async function work(): Promise<void> {
    try {
      while (!stop.signal.aborted) await follow()
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
  }

  const working = work()
  return {
    together,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await working
      client[Symbol.dispose]()
    },
  }
}

const hasLabel = (label: string) => {
  const [key = '', value] = label.split('=')
  return ({ metadata }: Pod) => metadata.labels?.[key] === value
}

function noteTogether(pods: readonly Pod[], together: Set<string>): void {
  const byNode = Map.groupBy(pods, ({ spec }) => spec.nodeName)
  byNode.delete(undefined)
  for (const [node, here] of byNode) {
    if (here.length < 2) continue
    const names = here.map(({ metadata }) => metadata.name)
    together.add(`${node}: ${names.toSorted().join(' and ')}`)
  }
}

/** What the kubelet of its node would tell of it next, if anything. */
async function serve(client: Client, path: string, { metadata, status }: Pod): Promise<void> {
  const own = `${path}/${metadata.name}`
  if (metadata.deletionTimestamp) {
    const preconditions = { uid: metadata.uid }
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions }
    await unlessGone(client.request({ method: 'DELETE', path: own, body }))
  } else if (status?.phase !== 'Running') {
    const conditions = ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      ...{ type, status: 'True' },
      lastTransitionTime: new Date().toISOString(),
    }))
    const body = { status: { phase: 'Running', conditions } }
    await unlessGone(
      client.request({ method: 'PATCH', path: `${own}/status`, patch: 'merge', body }),
    )
  }
}

/** Somebody else may have been faster. */
async function unlessGone(request: Promise<unknown>): Promise<void> {
  try {
    await request
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) throw error
  }
}
