// Two members show each other their whole tables: what is said in one, and what the other makes of it.
import type { PushPull, PushPullNode } from './message.ts'
import { noteOwnDeath } from './missed-news.ts'
import { type Entry, note, ownEntry, type Ring } from './ring.ts'
import { applyAlive, applyDead, applySuspect } from './rules.ts'

const NO_BYTES = new Uint8Array()

export function tableOf({ table }: Ring, join: boolean): PushPull {
  return { kind: 'pushPull', join, nodes: [...table.values()].map(rowOf), userState: NO_BYTES }
}

const rowOf = ({ name, addr, port, meta, vsn, incarnation, state }: Entry): PushPullNode => ({
  ...{ name, addr, port, meta, vsn, incarnation, state },
})

export function merge(ring: Ring, { nodes }: PushPull, now: number): void {
  const odd = incompatibleNode([...ring.table.values(), ...nodes])
  if (odd !== undefined) note(ring, { what: 'incompatible', node: odd })
  else for (const node of nodes) mergeNode(ring, node, now)
}

/** Nothing is said when a table is refused; but whoever took ours lists us from then on. */
export function checkListed(ring: Ring, { nodes }: PushPull): void {
  const isListed = nodes.some(({ name, state }) => name === ring.name && state === 'alive')
  if (!isListed && ownEntry(ring).state === 'alive') note(ring, { what: 'unlisted' })
}

function mergeNode(ring: Ring, row: PushPullNode, now: number): void {
  const { name: node, state, incarnation } = row
  switch (state) {
    case 'alive': {
      // A table may leave the port out where all have the same.
      const port = row.port || ownEntry(ring).port
      const { addr, meta, vsn } = row
      const alive = { kind: 'alive', node, addr, port, meta, vsn, incarnation } as const
      applyAlive(ring, alive, now)
      break
    }
    case 'left':
      applyDead(ring, { kind: 'dead', node, incarnation, from: node }, now)
      break
    // Old news may be wrong news: a death that we did not hear of begins as a doubt of our own.
    case 'dead':
      if (node === ring.name) noteOwnDeath(ring, incarnation)
      applySuspect(ring, { kind: 'suspect', node, incarnation, from: ring.name }, now)
      break
    case 'suspect':
      applySuspect(ring, { kind: 'suspect', node, incarnation, from: ring.name }, now)
  }
}

type Versioned = Pick<PushPullNode, 'name' | 'state' | 'vsn'>

/** The first node that speaks no version that all who live understand; protocol and delegate apart. */
function incompatibleNode(nodes: readonly Versioned[]): string | undefined {
  const live = nodes.filter(({ state }) => state === 'alive')
  for (const at of [0, 3]) {
    const min = Math.max(0, ...live.map(({ vsn }) => vsn[at] ?? 0))
    const max = Math.min(255, ...live.map(({ vsn }) => vsn[at + 1] ?? 0))
    const odd = nodes.find(({ vsn }) => (vsn[at + 2] ?? 0) < min || (vsn[at + 2] ?? 0) > max)
    if (odd) return odd.name
  }
  return undefined
}
