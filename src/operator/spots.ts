// Spots of the base objects that several settings name.
import { item, type Spot, spot, within } from './place.ts'

export type Role = 'controller' | 'speaker'

export const WORKLOAD: Readonly<Record<Role, Spot>> = {
  controller: spot('Deployment/controller'),
  speaker: spot('DaemonSet/speaker'),
}
const podsOf = (role: Role) => within(WORKLOAD[role], 'spec', 'template')
export const PODS: Readonly<Record<Role, Spot>> = {
  controller: podsOf('controller'),
  speaker: podsOf('speaker'),
}
export const POD: Readonly<Record<Role, Spot>> = {
  controller: within(PODS.controller, 'spec'),
  speaker: within(PODS.speaker, 'spec'),
}
/** The one that runs us. */
export const CONTAINER: Readonly<Record<Role, Spot>> = {
  controller: within(POD.controller, 'containers', item('controller')),
  speaker: within(POD.speaker, 'containers', item('speaker')),
}
export const FRR = within(POD.speaker, 'containers', item('frr'))
export const CP_FRR_FILES = within(POD.speaker, 'initContainers', item('cp-frr-files'))
export const CRDS = spot('CustomResourceDefinition/*')
export const WEBHOOKS = spot('ValidatingWebhookConfiguration/metallb-webhook-configuration')

/** What belongs to a role alone, rights apart. */
export const PARTS: Readonly<Record<Role, readonly Spot[]>> = {
  controller: [
    spot('ServiceAccount/controller'),
    WORKLOAD.controller,
    spot('PodDisruptionBudget/controller'),
    spot('Service/controller-monitor-service'),
  ],
  speaker: [
    spot('ServiceAccount/speaker'),
    spot('ConfigMap/metallb-excludel2'),
    spot('ConfigMap/frr-startup'),
    WORKLOAD.speaker,
    spot('Service/speaker-monitor-service'),
  ],
}
const rightsOf = (role: Role): readonly Spot[] => [
  spot(`ClusterRole/metallb-system:${role}`),
  spot(`ClusterRoleBinding/metallb-system:${role}`),
  spot(`Role/${role}`),
  spot(`RoleBinding/${role}`),
]
export const RIGHTS: Readonly<Record<Role, readonly Spot[]>> = {
  controller: rightsOf('controller'),
  speaker: rightsOf('speaker'),
}
export const RIGHTS_OF_PROMETHEUS: readonly Spot[] = [
  spot('Role/prometheus-k8s'),
  spot('RoleBinding/prometheus-k8s'),
  spot('ClusterRole/metallb-system:metrics-reader'),
  spot('ClusterRoleBinding/metallb-system:metrics-reader'),
]
