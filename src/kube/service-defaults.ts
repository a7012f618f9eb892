// What the API server would have filled in before anybody saw a Service. A folder has no API server,
// and nobody writes cluster addresses by hand; without them or this, no family could be told.
import type { RawObject } from '../api/kinds.ts'

interface WrittenSpec {
  readonly type?: unknown
  readonly clusterIP?: unknown
  readonly clusterIPs?: unknown
  readonly ipFamilies?: unknown
  readonly ipFamilyPolicy?: unknown
}

/** IPv4, or both families where the policy asks for two, as on a dual-stack cluster. */
export function withServiceDefaults(raw: RawObject): RawObject {
  const { spec } = raw as RawObject & { readonly spec?: WrittenSpec | null }
  if (raw.kind !== 'Service' || typeof spec !== 'object' || spec?.type !== 'LoadBalancer')
    return raw
  if (spec.clusterIP || spec.clusterIPs || spec.ipFamilies) return raw
  const isDual =
    spec.ipFamilyPolicy === 'PreferDualStack' || spec.ipFamilyPolicy === 'RequireDualStack'
  return {
    ...raw,
    spec: { ...spec, ipFamilies: isDual ? ['IPv4', 'IPv6'] : ['IPv4'] },
  } as RawObject
}
