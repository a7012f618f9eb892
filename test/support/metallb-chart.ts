// MetalLB as its chart installs it, as far as a move meets it: the release's name before each name, other
// labels and selectors, a Secret of another name; the webhook's objects are called as everywhere.
import {
  METALLB_NAMESPACE,
  type MetallbObject,
  metallbInstallation,
} from './metallb-installation.ts'

const RELEASE = 'metallb'
/** Helm knows the objects of a release by these. */
const HELM = {
  'app.kubernetes.io/managed-by': 'Helm',
  'app.kubernetes.io/instance': RELEASE,
}

const labelsOf = (component: string) => ({
  'app.kubernetes.io/name': 'metallb',
  'app.kubernetes.io/instance': RELEASE,
  'app.kubernetes.io/component': component,
})
const prefixed = (name: string) => `${RELEASE}-${name}`
const KEPT = /^(?:metallb-webhook|metallb-excludel2|metallb-system$)/

export function metallbChart(): MetallbObject[] {
  return metallbInstallation().map((one) => {
    const { kind, metadata, spec, ...rest } = one
    const name = nameOf(metadata.name)
    const labels = { ...metadata.labels, ...HELM }
    const object = { ...rest, kind, metadata: { ...metadata, name, labels } }
    if (kind === 'Deployment' || kind === 'DaemonSet') return workload(object, spec)
    if (kind === 'Service')
      return { ...object, spec: { ...spec, selector: labelsOf('controller') } }
    return { ...object, ...bound(one), ...(spec ? { spec } : {}) }
  })
}

const nameOf = (name: string): string => {
  if (KEPT.test(name)) return name
  return name.includes(':') ? name.replace(METALLB_NAMESPACE, RELEASE) : prefixed(name)
}

/** What a binding is between. */
function bound({ roleRef, subjects }: MetallbObject): object {
  if (!roleRef) return {}
  return {
    roleRef: { ...roleRef, name: nameOf(roleRef.name) },
    subjects: subjects.map((one: { name: string }) => ({ ...one, name: prefixed(one.name) })),
  }
}

function workload(object: MetallbObject, spec: MetallbObject['spec']): MetallbObject {
  const component = object.metadata.name.replace(`${RELEASE}-`, '')
  const labels = labelsOf(component)
  const pod = spec.template.spec
  const volumes = pod.volumes.map((volume: MetallbObject) => ({
    ...volume,
    ...(volume.secret?.secretName === 'memberlist' && {
      secret: { ...volume.secret, secretName: prefixed('memberlist') },
    }),
    ...(volume.name === 'frr-startup' && { configMap: { name: prefixed('frr-startup') } }),
  }))
  const template = {
    metadata: { labels },
    spec: { ...pod, serviceAccountName: prefixed(component), volumes },
  }
  return { ...object, spec: { ...spec, selector: { matchLabels: labels }, template } }
}
