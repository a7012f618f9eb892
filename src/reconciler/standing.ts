// What one Service stands on before any address is given: not ours, to be released, holding what
// it may keep, or seeking. Looks at that Service and the pools only, so the answer can be kept for
// as long as both are the same objects.
import { ALLOCATED_FROM_POOL } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import { type PoolIndex, poolOf, poolOfAll, whyNotFor } from '../ipam/pool-index.ts'
import { familiesOf, type Request, sameFamilies } from '../ipam/request.ts'
import { type Address, parseAddress, sameAddresses } from '../net/address.ts'
import type { ControllerReason } from './reasons.ts'
import { isOurs } from './world.ts'

export interface Cause {
  readonly because: ControllerReason
  readonly detail: string
  /** Where the detail may vary while the cause stays: what the cause is about. */
  readonly subject?: string
}

/** Addresses in the status that the Service loses, and why. */
export interface Loss extends Cause {
  readonly addresses: readonly string[]
}

export type Standing =
  | { readonly kind: 'ignored' }
  /** Gets nothing; what its status holds of ours is taken back. */
  | { readonly kind: 'release'; readonly cause: Cause }
  /** Keeps these unless another Service has the better claim. */
  | {
      readonly kind: 'holder'
      readonly addresses: readonly Address[]
      /** Undefined: held, although no pool holds it. */
      readonly pool: string | undefined
      /** What is wrong although it keeps them. */
      readonly cause?: Cause
      readonly wants: 'nothing' | 'other-family' | 'both-families'
    }
  | { readonly kind: 'seeker'; readonly loss?: Loss }

export interface Surroundings {
  readonly lbClass: string
  readonly index: PoolIndex
  /** Names of pools that exist but have a problem, and so are not in the index. */
  readonly refusedPools: ReadonlySet<string>
}

const because = (reason: ControllerReason, detail = ''): Cause => ({ because: reason, detail })
const release = (reason: ControllerReason): Standing => ({
  kind: 'release',
  cause: because(reason),
})

/**
 * `written`: addresses of ours that the API server has taken but the Service, as we see it, does
 * not show yet. Without them a stale copy would look as if it had none.
 */
export function standingOf(
  service: Service,
  request: Request,
  around: Surroundings,
  written?: readonly string[],
): Standing {
  const { annotations } = service.metadata
  if (service.spec.type !== 'LoadBalancer') {
    // It lost its class with its type; our annotation tells that it was ours.
    const traces = isOurs(around, service) && service.status.loadBalancer.ingress.length > 0
    const wasOurs = traces || ALLOCATED_FROM_POOL in annotations
    return wasOurs ? release('notLoadBalancer') : { kind: 'ignored' }
  }
  if (!isOurs(around, service)) return { kind: 'ignored' }
  const texts = written ?? statusAddresses(service)
  const held = texts.flatMap((text) => parseAddress(text) ?? [])
  if (keepsUnchecked(service, held, around)) {
    const pool = annotations[ALLOCATED_FROM_POOL]
    const cause = because('poolRefused', `"${pool}"`)
    return { kind: 'holder', addresses: held, pool, cause, wants: 'nothing' }
  }
  if (around.index.byName.size === 0) return release('noPools')
  if (request.clusterIPs === 0) return release('noClusterIP')
  if (request.policy === 'RequireDualStack' && request.clusterIPs < 2) {
    return release('notEnoughClusterIPs')
  }
  if (texts.length === 0) return { kind: 'seeker' }
  if (held.length < texts.length || !familiesOf(held)) {
    return seeker(texts, because('invalidStatus', texts.join(', ')))
  }
  return holding(request, held, around.index)
}

/** The addresses of a status; entries that name a host only are not ours to judge. */
export const statusAddresses = (service: Service): string[] =>
  service.status.loadBalancer.ingress.flatMap(({ ip }) => ip || [])

/** A pool that was refused may come back: its Services must not lose their addresses meanwhile. */
function keepsUnchecked(service: Service, held: readonly Address[], around: Surroundings): boolean {
  const pool = service.metadata.annotations[ALLOCATED_FROM_POOL]
  if (pool === undefined || !around.refusedPools.has(pool) || held.length === 0) return false
  return !held.some((at) => poolOf(around.index, at))
}

const seeker = (addresses: readonly string[], cause: Cause): Standing => ({
  kind: 'seeker',
  loss: { ...cause, addresses },
})

function holding(request: Request, held: readonly Address[], index: PoolIndex): Standing {
  const texts = held.map((at) => at.text)
  const lose = (reason: ControllerReason, detail = texts.join(', ')) =>
    seeker(texts, because(reason, detail))
  if (!request.families) {
    const pool = poolOfAll(index, held)?.name
    const cause = because('unknownFamily')
    return { kind: 'holder', addresses: held, pool, cause, wants: 'nothing' }
  }
  const addresses = held.filter((at) => request.families?.some((family) => family === at.family))
  if (addresses.length === 0) return lose('otherFamily')
  const pool = poolOfAll(index, addresses)
  if (!pool) {
    const apart = addresses.every((at) => poolOf(index, at))
    return lose(apart ? 'addressesOfTwoPools' : 'addressNotInPool')
  }
  const misfit = whyNotFor(pool, request)
  if (misfit) return lose(misfit, `pool "${pool.name}", ${texts.join(', ')}`)
  if (request.pool !== '' && request.pool !== pool.name) {
    return lose('otherPool', `"${request.pool}" instead of "${pool.name}"`)
  }
  const holder = { kind: 'holder', addresses, pool: pool.name, wants: 'nothing' } as const
  const { wanted } = request
  if (typeof wanted === 'string') return { ...holder, cause: because('invalidRequest', wanted) }
  if (wanted.length > 0) {
    const same = sameAddresses(wanted, addresses)
    return same ? holder : lose('otherAddressWanted', wanted.map((at) => at.text).join(', '))
  }
  const given = familiesOf(addresses)
  if (!given || sameFamilies(given, request.families)) return holder
  const enough = request.policy === 'PreferDualStack'
  return { ...holder, wants: enough ? 'other-family' : 'both-families' }
}
