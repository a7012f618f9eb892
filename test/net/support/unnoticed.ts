// "Nothing happened" as something a test can wait for: do it, then make one visible change, and see
// that this change is all the neighbour was ever told.
import assert from 'node:assert/strict'
import type { ReceiverEvent } from '../../../src/lab/receiver.ts'
import { serviceText } from '../../support/many-services.ts'
import { NEIGHBOUR, type WholeNode } from './whole-node.ts'

const MARKER = 'marker'

export async function unnoticed(node: WholeNode, happens: () => Promise<void>): Promise<void> {
  const connections = await connectionsOf(node)
  const mark = node.hearing.mark()
  await happens()
  await node.write(`${MARKER}.yaml`, serviceText(MARKER, NEIGHBOUR.node))
  const prefix = `${await node.addressOf(MARKER)}/32`
  await node.hearing.hears(prefix)
  assert.deepEqual(told(node, mark), [`+${prefix}`], 'the marker is all that was heard')
  await node.remove(`${MARKER}.yaml`)
  await node.hearing.hearsWithdrawn(prefix)
  assert.deepEqual(told(node, mark), [`+${prefix}`, `-${prefix}`], 'and that it is gone')
  assert.equal(await connectionsOf(node), connections, 'the session is the one that stood before')
}

/** `+prefix`, `-prefix`, or what happened to the session. */
const told = (node: WholeNode, mark: number): string[] => node.hearing.since(mark).flatMap(linesOf)

function linesOf(event: ReceiverEvent): string[] {
  if (event.event !== 'update') return [event.event]
  const announced = event.announced.map(({ prefix }) => `+${prefix}`)
  return [...announced, ...event.withdrawn.map((prefix) => `-${prefix}`)]
}

interface Summary {
  readonly ipv4Unicast?: {
    readonly peers: Readonly<Record<string, { readonly connectionsEstablished: number }>>
  }
}

/** FRR's own count, besides the receiver's. */
async function connectionsOf({ frr }: WholeNode): Promise<number | undefined> {
  const { ipv4Unicast } = await frr.show<Summary>('show bgp summary')
  const count = ipv4Unicast?.peers[NEIGHBOUR.address]?.connectionsEstablished
  assert.ok(count, 'FRR has the session')
  return count
}
