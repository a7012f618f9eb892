// The MetalLB object, and what the operator itself was told, as settings of an installation; and what
// of the object we cannot do, or need not. Pure.
import type { Component, MetalLbSpec } from '../api/metallb.ts'
import { type Image, parseImage } from './image.ts'
import type { KubeObject } from './objects.ts'
import type { Settings } from './settings.ts'

/** What the operator knows from its own environment. */
export interface Given {
  readonly namespace: string
  readonly controllerImage: string
  readonly speakerImage: string
  readonly frrImage: string
  /** Secrets to pull them with. */
  readonly pullSecrets: readonly string[]
  readonly memberlistPort: number
  readonly metricsPort: number
  readonly healthPort: number
  readonly tlsMinVersion: string
  readonly tlsCipherSuites: string
  readonly tlsCurvePreferences: string
}

/**
 * Without the log level: every role follows it in the object itself, and a flag would start all Pods
 * anew for it.
 */
export function settingsOf(spec: MetalLbSpec, given: Given): Settings {
  const probe = { port: given.healthPort }
  return {
    namespace: given.namespace,
    imagePullSecrets: given.pullSecrets.map((name) => ({ name })),
    loadBalancerClass: spec.loadBalancerClass ?? '',
    tls: {
      minVersion: given.tlsMinVersion as '',
      cipherSuites: given.tlsCipherSuites,
      curvePreferences: given.tlsCurvePreferences,
    },
    prometheus: { metricsPort: given.metricsPort },
    controller: {
      image: imageOf(given.controllerImage),
      ...podsOf(spec.controllerConfig),
      nodeSelector: spec.controllerNodeSelector ?? {},
      tolerations: spec.controllerTolerations ?? [],
      livenessProbe: probe,
    },
    speaker: {
      image: imageOf(given.speakerImage),
      ...podsOf(spec.speakerConfig),
      nodeSelector: spec.nodeSelector ?? {},
      tolerations: spec.speakerTolerations ?? [],
      livenessProbe: probe,
      memberlist: { mlBindPort: given.memberlistPort },
      frr: { image: imageOf(given.frrImage) },
    },
  }
}

/** As it was given: the base's tag is not that of another registry. */
function imageOf(text: string): Image {
  const image = parseImage(text)
  return image.tag || image.digest ? image : { ...image, tag: 'latest' }
}

/** An empty value leaves what the base has. */
const podsOf = (config: Component = {}) => ({
  affinity: config.affinity ?? {},
  resources: config.resources ?? {},
  priorityClassName: config.priorityClassName ?? '',
  runtimeClassName: config.runtimeClassName ?? '',
  podAnnotations: config.annotations ?? {},
})

/**
 * Installed with the operator: whoever may write rights may have every right, and definitions hold
 * everybody's objects. Without these the operator needs no more rights than what it installs.
 */
const INSTALLED_BESIDE: ReadonlySet<string> = new Set([
  ...['Namespace', 'CustomResourceDefinition', 'ServiceAccount'],
  ...['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
])

export const isOperated = ({ kind }: Pick<KubeObject, 'kind'>): boolean =>
  !INSTALLED_BESIDE.has(kind)

/** Why an object that can be read is not served. */
export function refusalOf({ bgpBackend, frrk8sConfig }: MetalLbSpec): string | undefined {
  if (bgpBackend !== 'frr-k8s-external') return undefined
  const where = `the frr-k8s in namespace ${frrk8sConfig?.namespace ?? ''}`
  return `bgpBackend frr-k8s-external: speakers bring an FRR of their own, and ${where} would contend with it for the same sessions. Nothing was changed. Remove what MetalLB told it (its FRRConfigurations) and set bgpBackend to frr`
}

/** What has no effect, and why the object may say it all the same. */
export function notesOf({ image, bgpBackend = '', frrk8sConfig = {} }: MetalLbSpec): string[] {
  const { namespace, alwaysBlock = [], secretPassthrough } = frrk8sConfig
  return [
    ...(image ? ['image (the operator knows its images)'] : []),
    ...(bgpBackend === 'native' ? ['bgpBackend native (FRR speaks BGP)'] : []),
    ...(bgpBackend === 'frr-k8s' ? ['bgpBackend frr-k8s (FRR runs beside each speaker)'] : []),
    ...(alwaysBlock.length > 0
      ? ['frrk8sConfig.alwaysBlock (no prefix of any neighbour is accepted)']
      : []),
    ...(namespace ? ['frrk8sConfig.namespace (no frr-k8s is asked)'] : []),
    ...(secretPassthrough ? ['frrk8sConfig.secretPassthrough (no frr-k8s is asked)'] : []),
  ]
}
