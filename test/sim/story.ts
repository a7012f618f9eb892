// What happens to a ring, from a seed: members start, crash, stop, leave, come back, the network gets bad
// and is cut. Then everything heals, and stays so: what must hold then is the judge's.
import type { Cluster, SimNode } from './cluster.ts'
import { type Conditions, GOOD } from './network.ts'
import { type Random, randomOf } from './random.ts'

export interface Story {
  readonly seed: number
  readonly size: number
  readonly conditions: Conditions
  readonly slow: number
  readonly lagMs: number
  readonly deeds: readonly Deed[]
  /** From here on nothing happens any more. */
  readonly quietAt: number
}

export interface Deed {
  readonly at: number
  readonly what: 'start' | 'crash' | 'move' | 'stop' | 'resume' | 'leave' | 'cut' | 'heal'
  /** Indexes of the nodes it happens to; of a cut, one side. */
  readonly nodes: readonly number[]
}

const BAD: readonly Conditions[] = [
  GOOD,
  { latencyMs: [0.1, 2], loss: 0.01, duplicated: 0.01 },
  { latencyMs: [0.5, 60], loss: 0.05, duplicated: 0.05 },
  { latencyMs: [1, 300], loss: 0.15, duplicated: 0.1 },
]

export function storyOf(seed: number, size?: number): Story {
  // Not the cluster's own numbers: those depend on what its members do.
  const random = randomOf(seed ^ 0x5eed)
  const count = size ?? random.whole(2, 9)
  const starts = Array.from({ length: count }, (_, node): Deed => {
    return { at: random.between(0, 3_000), what: 'start', nodes: [node] }
  })
  const faults = Array.from({ length: random.whole(1, 5) }, () => faultOf(random, count)).flat()
  const deeds = [...starts, ...faults].sort((a, b) => a.at - b.at)
  return {
    ...{ seed, size: count, conditions: random.oneOf(BAD), deeds },
    slow: random.chance(0.3) ? random.next() : 0,
    lagMs: random.oneOf([1, 20, 45]),
    quietAt: Math.max(...deeds.map(({ at }) => at)) + 1,
  }
}

function faultOf(random: Random, size: number): Deed[] {
  const at = random.between(2_000, 20_000)
  const nodes = [random.whole(0, size - 1)]
  const later = at + random.between(50, random.oneOf([1_000, 8_000, 35_000]))
  switch (random.oneOf(['crash', 'stop', 'leave', 'cut', 'move', 'rack'] as const)) {
    case 'crash':
      return [{ at, what: 'crash', nodes }, ...perhaps({ at: later, what: 'start', nodes })]
    case 'stop':
      return [
        { at, what: 'stop', nodes },
        { at: later, what: 'resume', nodes },
      ]
    case 'leave':
      return [{ at, what: 'leave', nodes }, ...perhaps({ at: later, what: 'start', nodes })]
    case 'cut': {
      const far = Array.from({ length: size }, (_, i) => i).filter(() => random.chance(0.5))
      return [
        { at, what: 'cut', nodes: far },
        { at: later, what: 'heal', nodes: far },
      ]
    }
    case 'move':
      return [
        { at, what: 'crash', nodes },
        { at: later, what: 'move', nodes },
      ]
    case 'rack': {
      const rack = Array.from({ length: size }, (_, i) => i).filter(() => random.chance(0.4))
      return [
        { at, what: 'crash', nodes: rack },
        { at: later, what: 'start', nodes: rack },
      ]
    }
  }

  function perhaps(deed: Deed): Deed[] {
    return random.chance(0.7) ? [deed] : []
  }
}

export function tell(
  cluster: Cluster,
  story: Story,
  onDeed: (deed: Deed) => void = () => {},
): void {
  cluster.network.become(story.conditions)
  for (const deed of story.deeds)
    cluster.clock.at(deed.at, () => {
      onDeed(deed)
      if (deed.what === 'cut') cluster.network.cut(new Set(deed.nodes))
      else if (deed.what === 'heal') cluster.network.cut(new Set())
      else for (const index of deed.nodes) act(cluster, cluster.nodes[index]!, deed.what)
    })
  cluster.clock.at(story.quietAt, () => {
    cluster.network.become(GOOD)
    cluster.network.cut(new Set())
    for (const node of cluster.nodes) cluster.resume(node)
  })
}

function act(cluster: Cluster, node: SimNode, what: Exclude<Deed['what'], 'cut' | 'heal'>): void {
  switch (what) {
    case 'start':
      if (!node.ring) cluster.start(node)
      break
    case 'move':
      if (node.ring) return
      cluster.move(node)
      cluster.start(node)
      break
    case 'crash':
    case 'stop':
    case 'resume':
    case 'leave':
      cluster[what](node)
      break
  }
}
