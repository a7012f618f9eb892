// Who may stand for election on layer 2: the living nodes that an advertisement includes and that have
// nothing against them. Made once for all Services of a pass, and kept while the same nodes may stand.
import type { Config, L2Ad } from '../config/config.ts'
import { includesNode } from '../config/config.ts'
import type { Address } from '../net/address.ts'
import { unfitness } from './announce.ts'
import type { L2World } from './announce-l2.ts'
import { Elections, foremost, type Scores } from './elect.ts'
import type { L2Ground } from './ground-l2.ts'

/** Of the Services that the same advertisements select. */
interface Ballot {
  readonly candidates: readonly string[]
  readonly scores: Scores
  /** Those who can win when all candidates stand. */
  readonly foremost: readonly string[]
}

export class Ballots {
  readonly pools: Config['pools']
  readonly eligible: readonly string[]
  readonly elections: Elections
  /** By the names of the advertisements; of one configuration no two share a name. */
  readonly #ballots = new Map<string, Ballot>()
  /** Mostly a pool has one list of them for all its Services. */
  readonly #known = new WeakMap<readonly L2Ad[], Ballot>()

  constructor(
    pools: Config['pools'],
    eligible: readonly string[],
    elections: Elections = new Elections(),
  ) {
    this.pools = pools
    this.eligible = eligible
    this.elections = elections
  }

  /** `claimed`: who of those that can win comes first. */
  owner(
    { ads, among }: Pick<L2Ground, 'ads' | 'among'>,
    address: Address,
    claimed?: ReadonlySet<string>,
  ): string | undefined {
    const standing = this.standing(ads, among)
    const first = claimed ? standing.filter((node) => claimed.has(node)) : []
    return this.elections.winner(first.length > 0 ? first : standing, address)
  }

  /** Who can win. `among`: only these, as the policy Local wants it. */
  standing(ads: readonly L2Ad[], among?: ReadonlySet<string>): readonly string[] {
    const ballot = this.#known.get(ads) ?? this.#ballotOf(ads)
    if (!among) return ballot.foremost
    const candidates = ballot.candidates.filter((node) => among.has(node))
    return foremost(candidates, ballot.scores)
  }

  #ballotOf(ads: readonly L2Ad[]): Ballot {
    const key = ads.map(({ name }) => name).join()
    const ballot = this.#ballots.get(key) ?? this.#makeBallot(ads)
    this.#ballots.set(key, ballot)
    this.#known.set(ads, ballot)
    return ballot
  }

  #makeBallot(ads: readonly L2Ad[]): Ballot {
    const candidates = this.eligible.filter((node) => ads.some((ad) => includesNode(ad, node)))
    const scores = scoresOf(ads)
    return { candidates, scores, foremost: foremost(candidates, scores) }
  }
}

/** The very same as before, as long as the same nodes may stand. */
export function ballotsOf(world: L2World, before?: Ballots): Ballots {
  const eligible = eligibleIn(world)
  const { pools } = world.config
  if (before && before.pools === pools && isSame(before.eligible, eligible)) return before
  return new Ballots(pools, eligible, before?.elections)
}

/** Not asked: whether a node is ready, cordoned or tainted. Its speaker lives, and that is enough. */
function eligibleIn(world: L2World): string[] {
  const { members, nodes, node } = world
  // A plain host without Node objects is the only node there is.
  const alone = nodes.size === 0 ? [node] : nodes.keys()
  return [...(members ?? alone)].filter((name) => !unfitness(world, nodes.get(name))).sort()
}

function scoresOf(ads: readonly L2Ad[]): Scores {
  const scores = new Map<string, number>()
  for (const { preferred } of ads) {
    for (const [node, weight] of preferred) scores.set(node, (scores.get(node) ?? 0) + weight)
  }
  return scores
}

const isSame = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((one, at) => one === b[at])
