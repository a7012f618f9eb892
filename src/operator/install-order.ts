// In which order objects are applied: the API server refuses what needs something that is not there yet.

const ORDER = [
  'Namespace',
  'CustomResourceDefinition',
  'ServiceAccount',
  'ConfigMap',
  'Secret',
  'ClusterRole',
  'ClusterRoleBinding',
  'Role',
  'RoleBinding',
  'Service',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'Deployment',
  'DaemonSet',
  'ValidatingWebhookConfiguration',
]

/** What others need goes first; what is not listed, last. */
export function rankOf({ kind }: { readonly kind: string }): number {
  const rank = ORDER.indexOf(kind)
  return rank < 0 ? ORDER.length : rank
}
