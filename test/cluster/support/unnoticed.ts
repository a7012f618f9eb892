// "The router noticed nothing" as something a test can wait for: do it, then make one visible change, and
// see that this change is all that any node ever told it.
import assert from 'node:assert/strict'
import type { Cluster } from './cluster.ts'
import { toldBy } from './node.ts'
import { NAMES, webText } from './objects.ts'

const MARKER = 'marker'

/** Afterwards the API server has to be there: the change is made through it. */
export async function unnoticed(cluster: Cluster, happens: () => Promise<void>): Promise<void> {
  const mark = cluster.nodes[0]!.hearing.mark()
  await happens()
  const prefix = await markerComes(cluster)
  try {
    assertTold(cluster, mark, [`+${prefix}`])
  } finally {
    await markerGoes(cluster, prefix)
  }
  assertTold(cluster, mark, [`+${prefix}`, `-${prefix}`])
}

/** Waits until what was applied so far has gone all the way: what comes after it has. */
export async function settled(cluster: Cluster): Promise<void> {
  await markerGoes(cluster, await markerComes(cluster))
}

async function markerComes(cluster: Cluster): Promise<string> {
  await cluster.apply(webText(MARKER, 'n1'))
  const prefix = `${await cluster.addressOf(MARKER)}/32`
  await cluster.hears(prefix, NAMES)
  return prefix
}

async function markerGoes(cluster: Cluster, prefix: string): Promise<void> {
  await cluster.remove('Service', MARKER)
  await cluster.hears(prefix, [])
}

function assertTold(cluster: Cluster, mark: number, expected: readonly string[]): void {
  for (const node of cluster.nodes) {
    assert.deepEqual(toldBy(node, mark), expected, `all that ${node.name} told is the marker`)
  }
}
