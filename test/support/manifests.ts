// manifests/ as objects: what the tests read, with and without an API server.
import { basename, dirname } from 'node:path'
import type { V1Container, V1PodSpec } from '@kubernetes/client-node'
import { isMap, isSeq, parse, parseAllDocuments } from 'yaml'
import { find, read } from './source.ts'

export interface Manifest {
  /** From the root of the project. */
  readonly path: string
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  /** As an API server would get it; each kind has a shape of its own. */
  // biome-ignore lint/suspicious/noExplicitAny: typed by whoever knows the kind, see `podOf`.
  readonly object: any
}

/** What manifests/kustomization.yaml installs. */
export const installed = (): Manifest[] =>
  manifestsIn('manifests/{*,{controller,speaker,webhook,crds}/*}.yaml')

/** What needs something that not every cluster has. */
export const optional = (): Manifest[] =>
  manifestsIn('manifests/{monitoring,network-policies}/*.yaml')

/** What lists the objects, and what is generated from all of them. */
export const NOT_SOURCES = ['kustomization.yaml', 'install.yaml', 'operator.yaml']

const manifestsIn = (pattern: string): Manifest[] =>
  find(pattern)
    .filter((path) => !NOT_SOURCES.includes(basename(path)))
    .flatMap((path) => documentsOf(path).map((document) => manifestOf(path, document.toJS())))

function documentsOf(path: string) {
  const documents = parseAllDocuments(read(path))
  if ('empty' in documents) throw new Error(`${path} is empty`)
  const error = documents.flatMap(({ errors }) => errors)[0]
  if (error) throw new Error(`${path}: ${error.message}`, { cause: error })
  return documents
}

const manifestOf = (path: string, object: Manifest['object']): Manifest => {
  const { kind, metadata } = object
  return { path, kind, name: metadata.name, namespace: metadata.namespace, object }
}

/** Of a Deployment or a DaemonSet. */
export const podOf = ({ object }: Manifest): V1PodSpec => object.spec.template.spec

export const containersOf = (workload: Manifest): V1Container[] => {
  const { initContainers = [], containers } = podOf(workload)
  return [...initContainers, ...containers]
}

export interface Kustomization {
  readonly path: string
  readonly dir: string
  readonly resources: readonly string[]
  readonly images: readonly { readonly name: string }[]
}

export const kustomizations = (): Kustomization[] =>
  find('manifests/**/kustomization.yaml').map((path) => {
    const { resources, images = [] } = parse(read(path))
    return { path, dir: dirname(path), resources, images }
  })

/** Rules of Roles and ClusterRoles that stand there without a word about what they are for. */
export function silentRules(path: string): string[] {
  return documentsOf(path).flatMap((document) => {
    const rules = document.get('rules')
    if (!isSeq(rules)) return []
    const silent = rules.items.filter((item, index) => {
      // What is said before the first item belongs to the list.
      const words = isMap(item) && (item.commentBefore ?? (index === 0 && rules.commentBefore))
      return !words
    })
    return silent.map((item) => `${path}: ${item}`)
  })
}
