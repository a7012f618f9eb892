// A `Cluster` on the API server in memory, and where each kind stands there.
import { openAccess } from '../../src/kube/access.ts'
import { openClient } from '../../src/kube/client.ts'
import { type Cluster, type ClusterOptions, openCluster } from '../../src/kube/cluster.ts'
import type { ServedKind } from '../../src/kube/resources.ts'
import { pathOf, RESOURCES } from '../../src/kube/resources.ts'
import { NAMESPACE } from './build.ts'
import { type FakeApiServer, type FakeObject, startFakeApiServer } from './fake-api-server.ts'

export interface FakeCluster extends AsyncDisposable {
  readonly server: FakeApiServer
  readonly cluster: Cluster
  readonly errors: string[]
  /** Creates or replaces; Services and their slices in `default`, the rest of ours in our namespace. */
  put(kind: ServedKind, name: string, fields: object, meta?: object): FakeObject
  path(kind: ServedKind, name?: string): string
  /** How many requests changed something, by `METHOD kind`. */
  writes(): Record<string, number>
}

export async function fakeCluster(
  options: Partial<ClusterOptions> = {},
  prepare: (cluster: Omit<FakeCluster, 'cluster'>) => void = () => {},
): Promise<FakeCluster> {
  const server = await startFakeApiServer()
  const errors: string[] = []
  const path = (kind: ServedKind, name?: string) => {
    const namespace = namespaceOf(kind)
    return pathOf(RESOURCES[kind], { namespace, ...(name === undefined ? {} : { name }) })
  }
  const put = (kind: ServedKind, name: string, fields: object, meta: object = {}) => {
    const { apiVersion } = RESOURCES[kind]
    const namespace = namespaceOf(kind)
    const metadata = { name, ...(namespace ? { namespace } : {}), ...meta }
    return server.put(path(kind), { apiVersion, kind, metadata, ...fields })
  }
  const writes = () => {
    const changing = server.asked.filter(({ method }) => method !== 'GET')
    const named = Map.groupBy(changing, ({ method, path }) => `${method} ${whatOf(path)}`)
    return Object.fromEntries([...named].map(([what, list]) => [what, list.length]))
  }
  const fake = { server, errors, put, path, writes }
  const client = openClient(openAccess(server.url))
  const base = { ...fake, [Symbol.asyncDispose]: async () => {} }
  prepare(base)
  const cluster = openCluster({
    ...{ client, role: 'controller', namespace: NAMESPACE },
    onError: ({ message }) => errors.push(message),
    ...options,
  })
  return {
    ...fake,
    cluster,
    [Symbol.asyncDispose]: async () => {
      await cluster[Symbol.asyncDispose]()
      client[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

function namespaceOf(kind: ServedKind): string | undefined {
  if (kind === 'Node' || kind === 'Namespace') return undefined
  return kind === 'Service' || kind === 'EndpointSlice' ? 'default' : NAMESPACE
}

/** `…/services/web/status` → `services/status` */
function whatOf(path: string): string {
  const { plural } = Object.values(RESOURCES).find(({ plural }) =>
    path.split('/').includes(plural),
  ) ?? { plural: path }
  return path.endsWith('/status') ? `${plural}/status` : plural
}
