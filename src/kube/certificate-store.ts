// Where the webhook's certificate lives in a cluster: a Secret, and the bundle in every object that
// tells the API server to call us.
import { isStatus } from './api-error.ts'
import type { Client } from './client.ts'
import { pathOf } from './resources.ts'

/** One step of a JSON patch (RFC 6902). */
export interface PatchStep {
  readonly op: 'test' | 'add'
  readonly path: string
  readonly value: unknown
}

export interface SecretText {
  readonly data: Readonly<Record<string, string>>
  /** Absent: there was none. */
  readonly resourceVersion?: string
}

interface SecretObject {
  readonly metadata: { readonly resourceVersion: string }
  readonly data?: Readonly<Record<string, string>>
}

export const SECRETS = { apiVersion: 'v1', plural: 'secrets' }

export interface SecretPlace {
  readonly namespace: string
  readonly name: string
}

/** Decoded; undefined when there is no such Secret. */
export async function readSecret(
  client: Client,
  place: SecretPlace,
): Promise<SecretText | undefined> {
  try {
    const secret = await client.request<SecretObject>({ path: pathOf(SECRETS, place) })
    const decoded = Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ])
    return { data: Object.fromEntries(decoded), resourceVersion: secret.metadata.resourceVersion }
  } catch (error) {
    if (isStatus(error, 404)) return undefined
    throw error
  }
}

/** False when somebody else wrote since it was read, made it or deleted it. */
export async function writeSecret(
  client: Client,
  place: SecretPlace,
  { data, resourceVersion }: SecretText,
): Promise<boolean> {
  const encoded = Object.entries(data).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ])
  const body = { metadata: { resourceVersion }, data: Object.fromEntries(encoded) }
  try {
    if (resourceVersion === undefined) await create(client, place, body.data)
    else {
      const path = pathOf(SECRETS, place)
      await client.request({ method: 'PATCH', patch: 'merge', path, body })
    }
    return true
  } catch (error) {
    if (isStatus(error, 404, 409)) return false
    throw error
  }
}

/** As the manifests have it, so that applying them again takes it over. */
async function create(client: Client, { namespace, name }: SecretPlace, data: object) {
  const labels = { app: 'metallb', 'app.kubernetes.io/name': 'metallb' }
  const metadata = { namespace, name, labels }
  const body = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data }
  await client.request({ method: 'POST', path: pathOf(SECRETS, { namespace }), body })
}

/**
 * Reads an object and patches what `stepsFor` finds; nothing where it is right, or not there. Says
 * whether something was written.
 */
export async function patchWhereNeeded(
  client: Client,
  path: string,
  stepsFor: (object: unknown) => readonly PatchStep[],
): Promise<boolean> {
  try {
    const steps = stepsFor(await client.request<unknown>({ path }))
    if (steps.length === 0) return false
    await client.request({ method: 'PATCH', patch: 'json', path, body: steps })
    return true
  } catch (error) {
    // Whoever installed us chose to have none of it.
    if (isStatus(error, 404)) return false
    throw error
  }
}
