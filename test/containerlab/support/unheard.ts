// "The routers heard nothing" as something a test can wait for: do it, then make one visible change, and
// see that this change is the only UPDATE that every router got, in the session that stood before.
import assert from 'node:assert/strict'
import { serviceYaml } from '../../support/folder.ts'
import type { Fleet } from './fleet.ts'
import { nodesAt, patiently, told } from './judging.ts'
import type { Heard } from './router-container.ts'

const MARKER = 'marker.yaml'

/** Of the node with this name, by all routers. The objects' pool must have IPv4 addresses. */
export async function unheard(
  fleet: Fleet,
  node: string,
  happens: () => Promise<void>,
): Promise<void> {
  const before = await heardBy(fleet, node)
  const routes = await toldToAll(fleet)
  await happens()
  await fleet.write(MARKER, markerText(node))
  await patiently(async () => {
    const more = (await toldToAll(fleet)).map((lines, at) => lines.length - routes[at]!.length)
    assert.deepEqual(more, Array(fleet.routers.length).fill(1), 'one more route at each router')
  })
  const after = await heardBy(fleet, node)
  // The marker is an IPv4 route, and told in one UPDATE of an IPv4 session.
  const expected = [...before].map(([key, { updates, sessions }]) => {
    return [key, { updates: updates + (key.includes('::') ? 0 : 1), sessions }] as const
  })
  assert.deepEqual(after, new Map(expected), 'the marker is all that was heard')
  await fleet.remove(MARKER)
  await patiently(async () => assert.deepEqual(await toldToAll(fleet), routes))
}

const toldToAll = (fleet: Fleet) => Promise.all(fleet.routers.map((router) => told(fleet, router)))

async function heardBy(fleet: Fleet, node: string): Promise<Map<string, Heard>> {
  const heard = new Map<string, Heard>()
  for (const router of fleet.routers) {
    for (const [address, name] of nodesAt(fleet, router)) {
      if (name !== node) continue
      heard.set(`${router.spec.name} of ${address}`, await router.heard(address))
    }
  }
  return heard
}

/** Only this node has an endpoint, and only it may announce. */
const markerText = (
  node: string,
): string => `${serviceYaml('marker', '  externalTrafficPolicy: Local\n')}---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: marker-1
  labels:
    kubernetes.io/service-name: marker
addressType: IPv4
ports:
  - port: 80
    protocol: TCP
endpoints:
  - { addresses: [10.244.9.9], nodeName: ${node}, conditions: { ready: true } }
`
