// The files of a Pod's volumes, asked of the API server: ConfigMaps, Secrets, and what is projected, tokens
// included. Read once, before the Pod starts; a kubelet would go on watching and renew the tokens.
import assert from 'node:assert/strict'
import { ApiError } from '../../../src/kube/api-error.ts'
import type { Client } from '../../../src/kube/client.ts'
import type { Pod, Volume } from '../../../src/lab/pod.ts'

export type Files = Map<string, string | Uint8Array>

interface Source {
  readonly name?: string
  readonly optional?: boolean
  readonly items?: readonly { readonly key: string; readonly path: string }[]
}

interface ProjectedSource {
  readonly configMap?: Source
  readonly secret?: Source
  readonly serviceAccountToken?: {
    readonly path: string
    readonly audience?: string
    readonly expirationSeconds?: number
  }
  readonly downwardAPI?: {
    readonly items: readonly { readonly path: string; readonly fieldRef: { fieldPath: string } }[]
  }
}

/** Throws while an object that must be there is not. */
export async function filesOf(client: Client, pod: Pod, volume: Volume): Promise<Files> {
  const { configMap, secret, projected } = volume
  if (configMap) return await readSource(client, pod, 'configmaps', configMap)
  if (secret)
    return await readSource(client, pod, 'secrets', { ...secret, name: secret.secretName })
  const sources = (projected?.sources ?? []) as readonly ProjectedSource[]
  const all = await Promise.all(sources.map((source) => readProjected(client, pod, source)))
  return new Map(all.flatMap((files) => [...files]))
}

async function readProjected(client: Client, pod: Pod, source: ProjectedSource): Promise<Files> {
  const { configMap, secret, serviceAccountToken: token, downwardAPI } = source
  if (configMap) return await readSource(client, pod, 'configmaps', configMap)
  if (secret) return await readSource(client, pod, 'secrets', secret)
  if (token) return new Map([[token.path, await requestToken(client, pod, token)]])
  assert(downwardAPI, `a projected source that is not known here: ${Object.keys(source)}`)
  return new Map(
    downwardAPI.items.map(({ path, fieldRef }) => [path, fieldOf(pod, fieldRef.fieldPath)]),
  )
}

function fieldOf({ metadata }: Pod, path: string): string {
  const value = { 'metadata.name': metadata.name, 'metadata.namespace': metadata.namespace }[path]
  assert(value !== undefined, `a file from ${path}, which is not known here`)
  return value
}

interface FileObject {
  readonly data?: Readonly<Record<string, string>>
  readonly binaryData?: Readonly<Record<string, string>>
}

async function readSource(
  client: Client,
  { metadata: { namespace } }: Pod,
  plural: 'configmaps' | 'secrets',
  { name, optional, items }: Source,
): Promise<Files> {
  const path = `/api/v1/namespaces/${namespace}/${plural}/${name}`
  const found = await unlessAbsent(client.request<FileObject>({ path }))
  if (found === undefined) {
    if (optional) return new Map()
    throw new Error(`${plural} "${name}" not found`)
  }
  const decoded = (text: string) => Buffer.from(text, 'base64')
  const { data = {}, binaryData = {} } = found
  const files: Files = new Map(
    Object.entries(data).map(([key, text]) => [key, plural === 'secrets' ? decoded(text) : text]),
  )
  for (const [key, text] of Object.entries(binaryData)) files.set(key, decoded(text))
  return items ? chosen(files, items) : files
}

const chosen = (files: Files, items: NonNullable<Source['items']>): Files =>
  new Map(
    items.map(({ key, path }) => {
      const content = files.get(key)
      if (content === undefined) throw new Error(`there is no key "${key}"`)
      return [path, content]
    }),
  )

/** Good for this Pod only, and for as long as it asked. */
async function requestToken(
  client: Client,
  { metadata: { namespace, name, uid }, spec }: Pod,
  { audience, expirationSeconds = 3600 }: NonNullable<ProjectedSource['serviceAccountToken']>,
): Promise<string> {
  const account = spec.serviceAccountName ?? 'default'
  const body = {
    spec: {
      ...(audience === undefined ? {} : { audiences: [audience] }),
      ...{ expirationSeconds, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } },
    },
  }
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`
  const { status } = await client.request<{ status: { token: string } }>({
    ...{ method: 'POST', path, body },
  })
  return status.token
}

export async function unlessAbsent<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined
    throw error
  }
}
