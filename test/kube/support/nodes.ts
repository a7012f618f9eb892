// Node objects that a scheduler takes for machines: with an address, room for Pods, ready and without
// taints. What a kubelet would write, where none runs.
import { stringify } from 'yaml'
import type { ApiServer } from './api-server.ts'

export interface MadeNode {
  readonly name: string
  readonly address: string
  readonly labels?: Readonly<Record<string, string>>
}

export async function addNodes(server: ApiServer, nodes: readonly MadeNode[]): Promise<void> {
  const yaml = nodes.map((node) => `---\n${stringify(nodeObject(node))}`).join('')
  await server.apply(yaml)
  await server.apply(yaml, '--subresource=status')
  // The API server taints each new node, until somebody who judges nodes (or this) takes it away.
  const names = nodes.map(({ name }) => name)
  await server.kubectl('taint', 'node', ...names, 'node.kubernetes.io/not-ready:NoSchedule-')
}

const nodeObject = ({ name, address, labels }: MadeNode) => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: {
    name,
    labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels },
  },
  status: {
    addresses: [
      { type: 'InternalIP', address },
      { type: 'Hostname', address: name },
    ],
    capacity: ROOM,
    allocatable: ROOM,
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
  },
})

const ROOM = { cpu: '4', memory: '8Gi', pods: '110' }
