// What we read of Kubernetes' own kinds. Loose on purpose: their other fields are not ours to judge.
import { z } from 'zod'
import type { ApiObject, Metadata } from './fields.ts'
import type { Secret } from './secret.ts'

export const ServiceSpec = z.looseObject({
  type: z.string().default('ClusterIP'),
  clusterIP: z.string().default(''),
  clusterIPs: z.array(z.string()).default([]),
  ipFamilies: z.array(z.enum(['IPv4', 'IPv6'])).default([]),
  ipFamilyPolicy: z.enum(['SingleStack', 'PreferDualStack', 'RequireDualStack']).optional(),
  externalTrafficPolicy: z.string().default('Cluster'),
  loadBalancerIP: z.string().default(''),
  loadBalancerClass: z.string().optional(),
  selector: z.record(z.string(), z.string()).default({}),
  ports: z
    .array(
      z.looseObject({
        protocol: z.string().default('TCP'),
        port: z.int().min(1).max(65535),
      }),
    )
    .default([]),
})

/** One entry of `status.loadBalancer.ingress`; what is not `ip` passes through untouched. */
export const Ingress = z.looseObject({
  ip: z.string().optional(),
  hostname: z.string().optional(),
  ipMode: z.string().optional(),
})
export type Ingress = z.output<typeof Ingress>

export const ServiceStatus = z.looseObject({
  loadBalancer: z.looseObject({ ingress: z.array(Ingress).default([]) }).default({ ingress: [] }),
})

export type ServiceSpec = z.output<typeof ServiceSpec>
export interface Service extends ApiObject<ServiceSpec> {
  readonly status: z.output<typeof ServiceStatus>
}

export const Endpoint = z.looseObject({
  addresses: z.array(z.string()).default([]),
  conditions: z
    .looseObject({
      ready: z.boolean().nullish(),
      serving: z.boolean().nullish(),
      terminating: z.boolean().nullish(),
    })
    .default({}),
  nodeName: z.string().nullish(),
})
export type Endpoint = z.output<typeof Endpoint>

export interface EndpointSlice {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly endpoints: readonly Endpoint[]
}

export const NodeStatus = z.looseObject({
  conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
  addresses: z.array(z.looseObject({ type: z.string(), address: z.string() })).default([]),
})
export interface Node {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly status: z.output<typeof NodeStatus>
}

export interface Namespace {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
}

export interface SecretObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly type: string
  /** Decoded. */
  readonly data: ReadonlyMap<string, Secret>
}

export interface ConfigMap {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly data: Readonly<Record<string, string>>
}
