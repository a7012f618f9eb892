// Single writes of a status: what differs from what stands there, as a merge patch on the `status`
// subresource. Each looks at the fence just before it goes out: who lost the lease writes no more.
import { isDeepStrictEqual } from 'node:util'
import type { Ingress } from '../api/core.ts'
import type { RawObject } from '../api/kinds.ts'
import { isStatus } from './api-error.ts'
import type { ApiRequest, Client } from './client.ts'
import { pathOf, RESOURCES } from './resources.ts'
import type { PoolCounters, ServiceWrite } from './source.ts'

/** How long we may go on writing; a lease ends, a speaker writes for ever. */
export interface Fence {
  /** 0 when we may not. A request that takes longer is given up. */
  leftMs(): number
}

export const NO_FENCE: Fence = { leftMs: () => Number.POSITIVE_INFINITY }

export interface Writing {
  readonly client: Client
  readonly fence: Fence
}

const TIMEOUT_MS = 10_000

export async function send<T>({ client, fence }: Writing, request: ApiRequest): Promise<T> {
  const leftMs = fence.leftMs()
  if (leftMs <= 0) throw new Error(`${request.method} ${request.path}: another controller leads`)
  const timeoutMs = Math.max(1, Math.min(TIMEOUT_MS, Math.floor(leftMs)))
  return await client.request<T>({ timeoutMs, ...request })
}

/** Only the very object that was seen: another one by its name is another's. */
export async function removeObject(
  writing: Writing,
  path: string,
  uid: string | undefined,
): Promise<void> {
  const body = uid === undefined ? {} : { preconditions: { uid } }
  try {
    await send(writing, { method: 'DELETE', path, body })
  } catch (error) {
    if (!isStatus(error, 404, 409)) throw error
  }
}

/** A Service as it stands, as far as a write is concerned. */
export interface StandingService {
  readonly metadata: {
    readonly resourceVersion?: string | undefined
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly status: { readonly loadBalancer: { readonly ingress: readonly Ingress[] } }
}

/** Absent: nothing had to be written, or what was planned on is not there any more. */
export async function writeService(
  writing: Writing,
  standing: StandingService,
  { key, ingress, annotations }: ServiceWrite,
): Promise<RawObject | undefined> {
  const { resourceVersion, annotations: stand } = standing.metadata
  const changed = Object.entries(annotations).filter(
    ([name, value]) => (stand[name] ?? null) !== value,
  )
  const isSame = isDeepStrictEqual(ingress, standing.status.loadBalancer.ingress)
  if (isSame && changed.length === 0) return undefined
  const [namespace, name = ''] = key.split('/')
  try {
    return await send<RawObject>(writing, {
      method: 'PATCH',
      path: pathOf(RESOURCES.Service, { namespace, name, subresource: 'status' }),
      patch: 'merge',
      body: {
        // With the version it was planned on: an address must not be given on what is not true now.
        metadata: { resourceVersion, annotations: Object.fromEntries(changed) },
        status: { loadBalancer: { ingress } },
      },
    })
  } catch (error) {
    // Changed or deleted since. The watch will tell, and the next pass decides on that.
    if (isStatus(error, 404, 409)) return undefined
    throw new Error(`cannot write the status of Service ${key}`, { cause: error })
  }
}

const COUNTERS = ['assignedIPv4', 'assignedIPv6', 'availableIPv4', 'availableIPv6'] as const

/** Absent: nothing had to be written, or the pool is gone. */
export async function writePool(
  writing: Writing,
  pool: { readonly namespace: string; readonly name: string; readonly status: unknown },
  counters: PoolCounters,
): Promise<RawObject | undefined> {
  const stands = (pool.status ?? {}) as Readonly<Record<string, number | bigint>>
  if (COUNTERS.every((one) => isCount(stands[one], counters[one]))) return undefined
  const status = Object.fromEntries(COUNTERS.map((one) => [one, counters[one]]))
  const { namespace, name } = pool
  try {
    return await send<RawObject>(writing, {
      method: 'PATCH',
      path: pathOf(RESOURCES.IPAddressPool, { namespace, name, subresource: 'status' }),
      patch: 'merge',
      body: { status },
      exact: true,
    })
  } catch (error) {
    if (isStatus(error, 404)) return undefined
    throw new Error(`cannot write the status of IPAddressPool ${name}`, { cause: error })
  }
}

const isCount = (stands: number | bigint | undefined, count: bigint): boolean =>
  stands !== undefined && BigInt(stands) === count
