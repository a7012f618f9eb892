// What an installation amounts to: all objects of a namespace and of the cluster that belong to it, without
// what differs between two times that the same was installed.
import { isDeepStrictEqual } from 'node:util'
import type { ApiServer } from './api-server.ts'

const NAMESPACED = [
  ...['serviceaccounts', 'roles', 'rolebindings', 'configmaps', 'secrets', 'services'],
  ...['deployments', 'daemonsets', 'poddisruptionbudgets'],
]
const CLUSTER_WIDE = [
  ...['clusterroles', 'clusterrolebindings', 'validatingwebhookconfigurations'],
  'customresourcedefinitions',
]
/** Made by Kubernetes in each namespace, or by a controller while it runs. */
const MADE_THERE = ['default', 'kube-root-ca.crt', 'memberlist']
const TOOLS = /^(?:kubectl\.kubernetes\.io|deployment\.kubernetes\.io|deprecated\.daemonset)/

interface Standing {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels?: object
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: Readonly<Record<string, unknown>>
}

/** By kind and name. */
export async function standing(
  server: ApiServer,
  namespace: string,
): Promise<Record<string, unknown>> {
  const show = ['-o', 'json']
  const read = async (...what: string[]): Promise<Standing[]> =>
    JSON.parse(await server.kubectl('get', ...what, ...show)).items
  const all = [
    ...(await read(NAMESPACED.join(), '-n', namespace)),
    ...(await read(CLUSTER_WIDE.join())).filter(({ metadata }) => /metallb/.test(metadata.name)),
    ...(await read('namespaces')).filter(({ metadata }) => metadata.name === namespace),
  ]
  const own = all.filter(({ metadata }) => !MADE_THERE.includes(metadata.name))
  return Object.fromEntries(own.map((one) => [`${one.kind} ${one.metadata.name}`, lasting(one)]))
}

/** What was asked for; addresses, versions and what became of it are left out. */
function lasting(object: Standing): object {
  const { metadata, ...rest } = object
  const { labels, annotations = {} } = metadata
  const said = Object.entries(annotations).filter(([key]) => !TOOLS.test(key))
  const { status: _, ...fields } = rest as Record<string, unknown>
  if (object.kind !== 'Service') return { ...fields, labels, annotations: said }
  const { clusterIP: _one, clusterIPs: _all, ...spec } = object.spec ?? {}
  return { ...fields, spec, labels, annotations: said }
}

/** Objects that only one of them has, and fields that differ, one a line. */
export function differences(actual: unknown, expected: unknown, path = ''): string[] {
  if (isDeepStrictEqual(actual, expected)) return []
  if (!isRecord(actual) || !isRecord(expected)) {
    return [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`]
  }
  const keys = [...new Set([...Object.keys(actual), ...Object.keys(expected)])]
  return keys.flatMap((key) => differences(actual[key], expected[key], `${path}/${key}`))
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
