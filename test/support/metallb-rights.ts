// The accounts of MetalLB's plain manifests and what they may do, as its users find them in a cluster.
const CORE = ''
const READ = ['get', 'list', 'watch']
const EVERYTHING = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']
const CONFIGURATION = [
  'bfdprofiles',
  'bgppeers',
  'l2advertisements',
  'bgpadvertisements',
  'ipaddresspools',
  'communities',
]

const rule = (apiGroup: string, resources: readonly string[], verbs: readonly string[]) => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
})
const withStatus = (resource: string) => [resource, `${resource}/status`]
const named = (resourceNames: readonly string[], of: ReturnType<typeof rule>) => ({
  ...of,
  resourceNames,
})

const clusterController = [
  rule(CORE, ['services', 'namespaces'], READ),
  rule(CORE, ['nodes'], ['list']),
  rule(CORE, ['services/status'], ['update']),
  rule(CORE, ['events'], ['create', 'patch']),
  named(
    ['metallb-webhook-configuration'],
    rule('admissionregistration.k8s.io', ['validatingwebhookconfigurations'], EVERYTHING),
  ),
  rule('admissionregistration.k8s.io', ['validatingwebhookconfigurations'], ['list', 'watch']),
  named(
    [...CONFIGURATION, 'configurationstates'].map((plural) => `${plural}.metallb.io`),
    rule('apiextensions.k8s.io', ['customresourcedefinitions'], EVERYTHING),
  ),
  rule('apiextensions.k8s.io', ['customresourcedefinitions'], ['list', 'watch']),
  rule('metallb.io', ['configurationstates'], EVERYTHING),
  rule('metallb.io', ['configurationstates/status'], ['get', 'patch', 'update']),
]

const clusterSpeaker = [
  rule('metallb.io', ['servicel2statuses', 'configurationstates'].flatMap(withStatus), ['*']),
  rule(CORE, ['services', 'endpoints', 'nodes', 'namespaces'], READ),
  rule('discovery.k8s.io', ['endpointslices'], READ),
  rule(CORE, ['events'], ['create', 'patch']),
]

const ownController = [
  rule(CORE, ['secrets'], EVERYTHING),
  named(['memberlist'], rule(CORE, ['secrets'], ['list'])),
  named(['controller'], rule('apps', ['deployments'], ['get'])),
  rule('metallb.io', ['bgppeers'], ['get', 'list']),
  rule(
    'metallb.io',
    CONFIGURATION.filter((plural) => plural !== 'bgppeers'),
    READ,
  ),
  rule('metallb.io', ['ipaddresspools/status'], ['update']),
]

/** Bound to both accounts. */
const podLister = [
  rule(CORE, ['pods'], ['list', 'get']),
  rule(CORE, ['secrets', 'configmaps'], READ),
  rule('metallb.io', CONFIGURATION, READ),
  rule('metallb.io', withStatus('servicebgpstatuses'), ['*']),
]

export function metallbRights(namespace: string) {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const apiGroup = 'rbac.authorization.k8s.io'
  const labels = { app: 'metallb' }
  const subjectsOf = (accounts: readonly string[]) =>
    accounts.map((name) => ({ kind: 'ServiceAccount', name, namespace }))
  const inNamespace = (name: string, rules: readonly object[], accounts: readonly string[]) => {
    const metadata = { name, namespace, labels }
    const roleRef = { apiGroup, kind: 'Role', name }
    return [
      { apiVersion, kind: 'Role', metadata, rules },
      { apiVersion, kind: 'RoleBinding', metadata, roleRef, subjects: subjectsOf(accounts) },
    ]
  }
  const everywhere = (account: string, rules: readonly object[]) => {
    const metadata = { name: `${namespace}:${account}`, labels }
    const roleRef = { apiGroup, kind: 'ClusterRole', name: metadata.name }
    const subjects = subjectsOf([account])
    return [
      { apiVersion, kind: 'ClusterRole', metadata, rules },
      { apiVersion, kind: 'ClusterRoleBinding', metadata, roleRef, subjects },
    ]
  }
  return [
    ...['controller', 'speaker'].map((name) => ({
      ...{ apiVersion: 'v1', kind: 'ServiceAccount' },
      metadata: { name, namespace, labels },
    })),
    ...inNamespace('controller', ownController, ['controller']),
    ...inNamespace('pod-lister', podLister, ['speaker', 'controller']),
    ...everywhere('controller', clusterController),
    ...everywhere('speaker', clusterSpeaker),
  ]
}
