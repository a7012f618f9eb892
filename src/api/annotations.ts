// Every annotation and label key we read or write, in one place.
import type { Labels } from './selector.ts'

const PREFIX = 'metallb.io/'
const DEPRECATED_PREFIX = 'metallb.universe.tf/'

export const ADDRESS_POOL = 'address-pool'
export const LOAD_BALANCER_IPS = 'loadBalancerIPs'
export const ALLOW_SHARED_IP = 'allow-shared-ip'

/** Written by the controller: the pool that the current addresses come from. */
export const ALLOCATED_FROM_POOL = `${PREFIX}ip-allocated-from-pool`

/** Of a BGPPeer shown as v1beta1: what that version has no fields for, as JSON. */
export const CONVERTED_FIELDS = `${PREFIX}bgppeer-v1beta2-fields`

export const EXCLUDE_FROM_LB = 'node.kubernetes.io/exclude-from-external-load-balancers'
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'

/** The user's annotation by either prefix. The new key wins when present, even when empty. */
export function userAnnotation(annotations: Labels, name: string): string | undefined {
  return annotations[PREFIX + name] ?? annotations[DEPRECATED_PREFIX + name]
}

export function deprecatedAnnotations(annotations: Labels): string[] {
  return Object.keys(annotations)
    .filter((key) => key.startsWith(DEPRECATED_PREFIX))
    .sort()
}
