// Kinds of others that our pages show: on an API server without their makers, definitions that take anything.
import { stringify } from 'yaml'

interface ForeignKind {
  readonly apiVersion: string
  readonly kind: string
  readonly plural: string
}

export const FOREIGN_KINDS: readonly ForeignKind[] = [
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'ServiceMonitor', plural: 'servicemonitors' },
  { apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', plural: 'prometheusrules' },
]

export function foreignDefinitions(): string {
  return FOREIGN_KINDS.map(({ apiVersion, kind, plural }) => {
    const [group = '', version = ''] = apiVersion.split('/')
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    return stringify({
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        ...{ group, scope: 'Namespaced', names: { kind, plural, singular: kind.toLowerCase() } },
        versions: [
          { name: version, served: true, storage: true, schema: { openAPIV3Schema: schema } },
        ],
      },
    })
  }).join('---\n')
}
