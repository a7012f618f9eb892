// One immutable snapshot of all a plan may look at, the time included. Built by `kube/snapshot.ts`;
// a plan asks nobody else anything.
import type { EndpointSlice, Namespace, Node, Service } from '../api/core.ts'
import type { MetalLb } from '../api/kinds.ts'
import { type LogLevel, METALLB_NAME } from '../api/metallb.ts'
import type { Config } from '../config/config.ts'
import type { Problem } from '../config/problem.ts'

export interface World {
  /** Milliseconds since the epoch. */
  readonly now: number
  /** The namespace of our configuration objects. */
  readonly namespace: string
  /** `--lb-class`; empty: only Services without a class. */
  readonly lbClass: string
  /** As the MetalLB object of our namespace has it; without one, the flag counts. */
  readonly installedLogLevel?: LogLevel | undefined
  readonly config: Config
  /** Why some objects do not count, sorted by object. */
  readonly problems: readonly Problem[]
  /** By `namespace/name`, of every type, sorted by that key. */
  readonly services: ReadonlyMap<string, Service>
  /** By the `namespace/name` of their Service. */
  readonly slices: ReadonlyMap<string, readonly EndpointSlice[]>
  /** By name. */
  readonly nodes: ReadonlyMap<string, Node>
  /** By name. */
  readonly namespaces: ReadonlyMap<string, Namespace>
}

/** Only the one object counts that the operator acts on. */
export function installedLogLevelOf(
  installations: Iterable<MetalLb>,
  namespace: string,
): LogLevel | undefined {
  for (const { metadata, spec } of installations) {
    if (metadata.name === METALLB_NAME && metadata.namespace === namespace) return spec.logLevel
  }
  return undefined
}

export const serviceKey = (service: Service): string =>
  `${service.metadata.namespace}/${service.metadata.name}`

/** Services of another load balancer class are not ours at all. */
export function isOurs(world: Pick<World, 'lbClass'>, service: Service): boolean {
  return (service.spec.loadBalancerClass ?? '') === world.lbClass
}
