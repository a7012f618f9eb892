// A node of the cluster: its FRR, its speaker, and what the router hears of it.
import type { Frr } from '../../../src/lab/frr.ts'
import type { Netns } from '../../../src/lab/netns.ts'
import type { ReceiverEvent } from '../../../src/lab/receiver.ts'
import type { Hearing } from '../../net/support/hearing.ts'
import type { Role } from '../../net/support/role-process.ts'
import { addressOfNode, type NodeName } from './objects.ts'

export interface Node {
  readonly name: NodeName
  readonly frr: Frr
  readonly speaker: Role
  readonly hearing: Hearing
}

/** Where layer 2 is looked at, it is by its hardware address that others know it. */
export interface Layer2Node {
  readonly name: NodeName
  readonly netns: Netns
  readonly speaker: Role
  readonly mac: string
}

/** Everything the router was told by this node after the mark: `+prefix`, `-prefix`, or what happened to the session. */
export function toldBy({ name, hearing }: Node, mark: number): string[] {
  const peer = addressOfNode(name)
  return hearing
    .since(mark)
    .filter((event) => 'peer' in event && event.peer === peer)
    .flatMap(linesOf)
}

function linesOf(event: ReceiverEvent): string[] {
  if (event.event !== 'update') return [event.event]
  const announced = event.announced.map(({ prefix }) => `+${prefix}`)
  return [...announced, ...event.withdrawn.map((prefix) => `-${prefix}`)]
}
