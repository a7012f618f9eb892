// Gathers what a cluster knows, with the rights of whoever asks: objects, logs, and what FRR in each
// speaker's Pod says. What may not be read is part of the result.
import { stringify } from 'yaml'
import type { Access } from '../../kube/access.ts'
import type { Client } from '../../kube/client.ts'
import { pathOf } from '../../kube/resources.ts'
import {
  GATHERED_KINDS,
  type GatheredKind,
  type Item,
  type Seen,
  serviceKeyOf,
} from './cluster-kinds.ts'
import type { Collection } from './collection.ts'
import { gatherPods, type Pod } from './pod-part.ts'
import { whyNot } from './why-not.ts'

export interface ClusterPartOptions {
  readonly client: Client
  readonly access: Access
  /** Of our configuration and Pods. */
  readonly namespace: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** Objects to a page of a list, and how many pages are read of one kind. */
const PAGE = 500
const PAGES_MAX = 60

export async function gatherCluster(files: Collection, options: ClusterPartOptions): Promise<void> {
  const seen = { services: new Set<string>(), pods: [] as Pod[] }
  options.say('objects')
  for (const kind of GATHERED_KINDS) await gatherKind(files, kind, seen, options)
  await files.try('cluster/version.txt', () => gatherVersion(files, options), whyNot)
  await gatherPods(files, seen.pods, options)
}

interface Page {
  readonly items: readonly Item[]
  readonly metadata?: { readonly continue?: string }
}

async function gatherKind(
  files: Collection,
  kind: GatheredKind,
  seen: Seen & { services: Set<string>; pods: Pod[] },
  options: ClusterPartOptions,
): Promise<void> {
  const { plural, scope, apiVersion } = kind
  const { namespace } = options
  const where = scope === 'namespace' ? `namespaces/${namespace}` : 'everywhere'
  const path = `cluster/${where}/${plural}.yaml`
  const gather = async () => {
    const { items, isCut } = await listAll(kind, options)
    const ours = items.filter((item) => kind.concerns?.(item, seen) ?? true)
    if (kind.kind === 'Service') for (const one of ours) seen.services.add(serviceKeyOf(one))
    if (kind.kind === 'Pod') seen.pods.push(...(ours as unknown as Pod[]))
    const texts = ours.map((item) => {
      // Objects of a list do not say what they are, and what a Secret is has to be known.
      const object = files.redactor.value({ apiVersion, kind: kind.kind, ...item })
      return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })
    })
    const about = `${texts.length} of kind ${kind.kind}${kind.concerns ? ' that concern us' : ''}`
    if (texts.length > 0) files.add(path, texts.join('---\n'), about)
    if (isCut) files.miss(path, `there are more than ${PAGE * PAGES_MAX}; the rest is left out`)
  }
  await files.try(path, gather, whyNot)
}

async function listAll(
  kind: GatheredKind,
  { client, namespace, signal }: ClusterPartOptions,
): Promise<{ items: Item[]; isCut: boolean }> {
  const path = pathOf(kind, kind.scope === 'namespace' ? { namespace } : {})
  const items: Item[] = []
  let next: string | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = { limit: PAGE, continue: next }
    const found = await client.request<Page>({ path, query, signal, exact: true })
    items.push(...found.items)
    next = found.metadata?.continue || undefined
    if (next === undefined) return { items, isCut: false }
  }
  return { items, isCut: true }
}

async function gatherVersion(
  files: Collection,
  { client, signal }: ClusterPartOptions,
): Promise<void> {
  const version = await client.request<object>({ path: '/version', signal })
  files.addText('cluster/version.txt', stringify(version), 'version of the API server')
}
