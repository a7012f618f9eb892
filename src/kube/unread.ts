// What a reader's rights leave out of a cluster: what can then not be told, in a sentence, and what is
// taken in its place, so that the rest of the answer stands. Pure.
import { SERVICE_NAME_LABEL } from '../api/annotations.ts'
import type { AnyObject, BgpPeer } from '../api/kinds.ts'
import { Secret } from '../api/secret.ts'
import { refOf } from '../config/parse.ts'
import type { Problem } from '../config/problem.ts'
import { RESOURCES, type ServedKind } from './resources.ts'
import type { Change } from './source.ts'

export interface Unread {
  readonly kind: ServedKind
  /** 403: no right to it. 404: the API server does not know the kind. */
  readonly status: number
  /** The server's words. */
  readonly message: string
  /** The one namespace in which it could be read. */
  readonly readIn?: string
}

/** Stands where FRR would need the password: one word, and none that anybody uses. */
export const NOT_READABLE = '<not-readable>'

const MEANING: { readonly [Kind in ServedKind]?: string } = {
  Secret: `passwords that Secrets hold are not known, nor whether they are there; ${NOT_READABLE} stands for each`,
  EndpointSlice:
    'endpoints are not known; a Service counts as having one that is ready on every node',
  Namespace:
    'labels of namespaces are not known; a pool that selects namespaces by label seems to select none',
  Node: 'nodes are not known, nor their labels; what selects nodes by label seems to select none, and two peers of one address seem to be on one node',
  ConfigMap: 'what the ConfigMap bgpextras adds to the configuration of FRR is not known',
  Service: 'Services are not known; an address that seems free may be in use',
}
const AS_IF_NONE = 'its objects are not known; it is as if there were none'

/** In the form in which the roles tell of a right that they miss. */
export function problemOf({ kind, status, message, readIn }: Unread): Problem {
  const ref = { kind: 'API', namespace: '', name: RESOURCES[kind].plural, path: '' }
  if (status === 404) {
    return { ...ref, code: 'not-served', message: `this kind is not installed (${message})` }
  }
  const where = readIn === undefined ? '' : `outside of namespace ${readIn} `
  return {
    ...ref,
    code: 'forbidden',
    message: `${where}${MEANING[kind] ?? AS_IF_NONE} (${message})`,
  }
}

export const isUnread = (problem: Problem): boolean => problem.kind === 'API'

/** `node`: one that was asked about, whether or not it is known. */
export function standIns(
  changes: readonly Change[],
  unread: readonly Unread[],
  node: string,
): Change[] {
  const objects = changes.flatMap(({ object }) => (object ? [object] : []))
  return unread.flatMap((one) => standInsFor(one, objects, node)).map(asChange)
}

function standInsFor(
  { kind, status, readIn }: Unread,
  objects: readonly AnyObject[],
  node: string,
): AnyObject[] {
  if (status !== 403) return []
  const of = (wanted: ServedKind) => objects.filter((object) => object.kind === wanted)
  switch (kind) {
    case 'Secret':
      return (of('BGPPeer') as BgpPeer[]).flatMap(secretOf)
    case 'Namespace':
      return namespacesOf(of('Service'))
    case 'EndpointSlice': {
      const nodes = [...of('Node').map(({ metadata }) => metadata.name), node]
      const unseen = of('Service').filter(({ metadata }) => metadata.namespace !== readIn)
      return unseen.map((service) => endpointsOf(service, nodes))
    }
    default:
      return []
  }
}

function secretOf({ metadata, spec }: BgpPeer): AnyObject[] {
  const name = spec.passwordSecret?.name
  if (!name) return []
  return [
    {
      ...{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/basic-auth' },
      metadata: { ...EMPTY, name, namespace: metadata.namespace },
      data: new Map([['password', new Secret(NOT_READABLE)]]),
    },
  ]
}

/** That they exist, their Services tell; and one label, every API server sets by itself. */
function namespacesOf(services: readonly AnyObject[]): AnyObject[] {
  const names = new Set(services.map(({ metadata }) => metadata.namespace ?? ''))
  return [...names].map((name) => ({
    ...{ apiVersion: 'v1', kind: 'Namespace' },
    metadata: { ...EMPTY, name, labels: { 'kubernetes.io/metadata.name': name } },
  }))
}

function endpointsOf({ metadata }: AnyObject, nodes: readonly string[]): AnyObject {
  const { name, namespace } = metadata
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
    metadata: { ...EMPTY, name, namespace, labels: { [SERVICE_NAME_LABEL]: name } },
    endpoints: nodes.map((nodeName) => ({ addresses: ['0.0.0.0'], conditions: {}, nodeName })),
  }
}

const EMPTY = { labels: {}, annotations: {} }

const asChange = (object: AnyObject): Change => ({ ref: refOf(object), object })
