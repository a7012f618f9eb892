// A ring that has come together in a good network: where measurements start.
import { Cluster, type ClusterOptions, type SimNode, viewOf } from './cluster.ts'

const TOGETHER_MAX_MS = 120_000

export function calmCluster(options: ClusterOptions): Cluster {
  const cluster = new Cluster(options)
  for (const node of cluster.nodes)
    cluster.clock.at(cluster.random.between(0, 2_000), () => cluster.start(node))
  while (!isTogether(cluster)) {
    cluster.clock.runUntil(cluster.clock.now + 500)
    if (cluster.clock.now > TOGETHER_MAX_MS)
      throw new Error(`seed ${options.seed}: ${options.size} nodes did not find each other`)
  }
  // Any phase between the timers of one node and another's.
  cluster.clock.runUntil(cluster.clock.now + 3_000 + cluster.random.between(0, 1_000))
  return cluster
}

const isTogether = ({ nodes }: Cluster): boolean =>
  nodes.every(
    ({ ring }) => ring && viewOf(ring).length === nodes.length && ring.broadcasts.size === 0,
  )

/** When the first and the last of the others took it off their list, from now on. */
export function detectionMs(cluster: Cluster, victim: SimNode): { first: number; last: number } {
  const from = cluster.clock.now
  const others = cluster.up.filter((node) => node !== victim)
  const blind = () => others.filter(({ ring }) => sees(ring!, victim)).length
  let first = Number.POSITIVE_INFINITY
  cluster.crash(victim)
  while (blind() > 0) {
    cluster.clock.runUntil(cluster.clock.now + 5)
    if (blind() < others.length) first = Math.min(first, cluster.clock.now - from)
    if (cluster.clock.now - from > TOGETHER_MAX_MS)
      throw new Error(`${victim.name} is never missed`)
  }
  return { first, last: cluster.clock.now - from }
}

const sees = (ring: NonNullable<SimNode['ring']>, { name }: SimNode): boolean => {
  const state = ring.table.get(name)?.state
  return state === 'alive' || state === 'suspect'
}
