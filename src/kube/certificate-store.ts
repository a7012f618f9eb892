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
  readonly resourceVersion: string
}

interface SecretObject {
  readonly metadata: { readonly resourceVersion: string }
  readonly data?: Readonly<Record<string, string>>
}

const SECRETS = { apiVersion: 'v1', plural: 'secrets' }

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

/** False when somebody else wrote since it was read. */
export async function writeSecret(
  client: Client,
  place: SecretPlace,
  { data, resourceVersion }: SecretText,
): Promise<boolean> {
  const encoded = Object.entries(data).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ])
  try {
    await client.request({
      ...{ method: 'PATCH', patch: 'merge', path: pathOf(SECRETS, place) },
      body: { metadata: { resourceVersion }, data: Object.fromEntries(encoded) },
    })
    return true
  } catch (error) {
    if (isStatus(error, 409)) return false
    throw error
  }
}

/** Reads an object and patches what `stepsFor` finds; nothing where it is right, or not there. */
export async function patchWhereNeeded(
  client: Client,
  path: string,
  stepsFor: (object: unknown) => readonly PatchStep[],
): Promise<void> {
  try {
    const steps = stepsFor(await client.request<unknown>({ path }))
    if (steps.length === 0) return
    await client.request({ method: 'PATCH', patch: 'json', path, body: steps })
  } catch (error) {
    // Whoever installed us chose to have none of it.
    if (!isStatus(error, 404)) throw error
  }
}
