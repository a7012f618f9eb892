// What the operator reads of a cluster, and of each object what it keeps. The rules of its account in
// manifests/operator say the same.
import type { RawObject } from '../api/kinds.ts'
import type { RawKind } from '../kube/raw-copies.ts'
import { RESOURCES } from '../kube/resources.ts'
import type { KubeObject } from '../operator/objects.ts'
import type { StandingObject } from '../operator/standing.ts'

/** What it makes, and what MetalLB's operator made before it. */
const OPERATED: readonly (Omit<RawKind, 'namespace'> & { readonly isOfCluster?: true })[] = [
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  // No other Secret is read, and of this one no key is kept.
  { apiVersion: 'v1', kind: 'Secret', plural: 'secrets', only: 'metallb-webhook-cert' },
  { apiVersion: 'v1', kind: 'Service', plural: 'services' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', plural: 'poddisruptionbudgets' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', plural: 'networkpolicies' },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' },
  { apiVersion: 'apps/v1', kind: 'DaemonSet', plural: 'daemonsets' },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    plural: 'validatingwebhookconfigurations',
    only: 'metallb-webhook-configuration',
    isOfCluster: true,
  },
]

export const OPERATED_KINDS = OPERATED.map(({ kind }) => kind)

export function kindsToRead(namespace: string): RawKind[] {
  return [
    { ...RESOURCES.MetalLB, namespace },
    { ...PODS, namespace },
    ...OPERATED.map(({ isOfCluster, ...kind }) => (isOfCluster ? kind : { ...kind, namespace })),
  ]
}

const PODS = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', labelSelector: 'app=metallb' }

/** Throws for a kind that the operator has no right to: the base has one that is not listed here. */
export function resourceOfKind({ kind }: KubeObject): { readonly plural: string } {
  const found = OPERATED.find((one) => one.kind === kind)
  if (!found) throw new Error(`the operator makes no ${kind}`)
  return found
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

export function slimmed(object: RawObject): RawObject {
  const whole = object as StandingObject
  if (object.kind === 'Pod') return slimPod(whole)
  return object.kind === 'Secret' ? slimSecret(whole) : object
}

function slimSecret({ data: _data, stringData: _text, ...rest }: StandingObject): KubeObject {
  const { [LAST_APPLIED]: _applied, ...annotations } = rest.metadata.annotations ?? {}
  return { ...rest, metadata: { ...rest.metadata, annotations } } as KubeObject
}

function slimPod({ apiVersion, kind, metadata, spec, status }: StandingObject): KubeObject {
  const { name, namespace, labels, uid, resourceVersion, deletionTimestamp } = metadata
  const kept = { name, namespace, labels, uid, resourceVersion, deletionTimestamp }
  const { nodeName } = (spec ?? {}) as { nodeName?: string }
  return { apiVersion, kind, metadata: kept as KubeObject['metadata'], spec: { nodeName }, status }
}
