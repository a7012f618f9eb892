// An API server with what a cluster holds in which somebody followed the guide: our definitions, workloads
// and rights, the guide's own objects, and what running roles and Kubernetes would add. Without a kubelet there
// are Pods, but they run nothing.
import { join } from 'node:path'
import { ROOT } from '../../support/source.ts'
import type { ApiServer } from './api-server.ts'

export const OWN = 'metallb-system'
export const POD = 'speaker-66bth'

const GUIDE = [
  'guide-ip-address-pool/input.yaml',
  'guide-bgp-peer/input.yaml',
  'guide-bgp-peer-authenticated/input.yaml',
  'guide-bgp-peer-authenticated/bgp-auth-secret.yaml',
  'guide-communities/input.yaml',
  'guide-communities/bgp-communities.yaml',
]

const OBJECTS = `
{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: ${OWN}}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: default, namespace: default}}
---
apiVersion: v1
kind: Node
metadata: {name: worker-1}
---
apiVersion: v1
kind: Pod
metadata: {name: ${POD}, namespace: ${OWN}, labels: {app: metallb, component: speaker}}
spec:
  nodeName: worker-1
  automountServiceAccountToken: false
  containers: [{name: speaker, image: a}, {name: frr, image: b}]
---
apiVersion: v1
kind: Pod
metadata: {name: controller-7d4b9c6f5-x2x9k, namespace: ${OWN}, labels: {app: metallb, component: controller}}
spec:
  nodeName: worker-1
  automountServiceAccountToken: false
  containers: [{name: controller, image: a}]
`

const ANNOUNCED = `
apiVersion: v1
kind: Service
metadata: {name: nginx-lb, namespace: default}
spec: {type: LoadBalancer, ports: [{port: 80}]}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: bgpextras, namespace: ${OWN}}, data: {}}
---
apiVersion: metallb.io/v1beta1
kind: ConfigurationState
metadata: {name: speaker-worker-1, namespace: ${OWN}}
---
apiVersion: metallb.io/v1beta1
kind: ServiceBGPStatus
metadata: {name: bgp-1, namespace: ${OWN}}
`

/** As a speaker tells it; kubectl finds the events of an object by its uid. */
const eventOf = (uid: string): string => `
apiVersion: v1
kind: Event
metadata: {name: session, namespace: ${OWN}}
type: Warning
reason: sessionDown
involvedObject: {apiVersion: metallb.io/v1beta2, kind: BGPPeer, name: router-primary, namespace: ${OWN}, uid: ${uid}}
message: the session of node worker-1 is down
lastTimestamp: '2026-05-17T09:55:05Z'
`

/** Ferrule as its manifests install it, and nothing configured. */
export async function installObjects(server: ApiServer): Promise<void> {
  await server.kubectl('apply', '--server-side', '-f', join(ROOT, 'manifests/crds'))
  await server.kubectl('wait', '--for=condition=Established', 'crd', '--all')
  await server.kubectl('apply', '--server-side', '-f', join(ROOT, 'manifests/namespace.yaml'))
  for (const folder of ['speaker', 'controller']) {
    await server.kubectl('apply', '--server-side', '-k', join(ROOT, 'manifests', folder))
  }
  await server.apply(OBJECTS)
}

/** The guide's objects, and one Service that is announced. */
export async function followGuide(server: ApiServer): Promise<void> {
  for (const path of GUIDE) await server.kubectl('apply', '-f', join(ROOT, 'test/cases', path))
  await server.apply(ANNOUNCED)
  const uid = ['-o', 'jsonpath={.metadata.uid}']
  await server.apply(
    eventOf(await server.kubectl('get', 'bgppeer', 'router-primary', '-n', OWN, ...uid)),
  )
  const setStatus = async (kind: string, name: string, status: object): Promise<void> => {
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
    await server.kubectl('patch', kind, name, '-n', OWN, ...patch)
  }
  await setStatus('ipaddresspool', 'production-pool', {
    ...{ assignedIPv4: 54, availableIPv4: 200, assignedIPv6: 0, availableIPv6: 0 },
  })
  await setStatus('configurationstate', 'speaker-worker-1', { result: 'Valid' })
  const announced = { node: 'worker-1', serviceName: 'nginx-lb', serviceNamespace: 'default' }
  await setStatus('servicebgpstatus', 'bgp-1', { ...announced, peers: ['router-primary'] })
}
