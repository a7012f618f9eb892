// All configuration objects → one Config and every problem found in them. Each object is accepted
// or refused by itself: what is wrong is told and left out, or stays as it was; the rest is served.
import {
  type Acceptance,
  type Accepted,
  type AcceptedObjects,
  contendersOf,
  noObjects,
} from './accepted.ts'
import { distinctL2, resolveBgpAd, resolveL2Ad } from './advertisements.ts'
import { resolveProfile } from './bfd.ts'
import { addCommunity, noCommunityNames, wrongAliases } from './communities.ts'
import type { BfdProfile, Config, Pool } from './config.ts'
import { type Settlement, settle } from './contend.ts'
import {
  type ConfigObjects,
  extrasOf,
  type Labelled,
  labelled,
  secretsOf,
  wrongNamespaces,
} from './objects.ts'
import { resolvePeer } from './peers.ts'
import { type PoolDraft, resolveLegacyPool, resolvePool } from './pools.ts'
import { compareProblems, compareText, keyOf, type Problem, problemAt } from './problem.ts'
import { keepIdentity } from './same.ts'
import {
  addAd,
  addPeer,
  addPool,
  adsOn,
  nothingServed,
  type Served,
  wrongBgpAd,
  wrongPeer,
  wrongPool,
} from './served.ts'

export type { Accepted } from './accepted.ts'
export type { ConfigKind, ConfigObjects } from './objects.ts'

export interface Resolution {
  readonly config: Config
  /** By object and field. */
  readonly problems: readonly Problem[]
  /** For the next call. */
  readonly accepted: Accepted
}

export const EMPTY_CONFIG: Config = { pools: [], peers: [], bfdProfiles: [], extras: '' }

/**
 * `previous` is the `accepted` of the call before: what served keeps serving. The parts of the
 * Config that did not change are the very objects of before.
 */
export function resolve(objects: ConfigObjects, previous?: Accepted): Resolution {
  const first = accept(objects, previous?.objects ?? noObjects())
  // Who is refused was judged beside those admitted before it. Judged again beside all that serve,
  // the same objects are refused, with everything there is to say: the next pass says the same.
  const last = first.problems.length > 0 ? accept(objects, first.accepted) : first
  return finish(objects, last, previous)
}

function accept(objects: ConfigObjects, previous: AcceptedObjects): Attempt {
  const held = new Map<string, readonly Problem[]>()
  for (;;) {
    const attempt = admitAll({ objects, previous, held, accepted: noObjects() })
    const more = [...attempt.setAside].filter(([key]) => !held.has(key))
    if (more.length === 0) return attempt
    // An edit was in the way of what served before: once more, with that edit set aside. Every
    // round sets one more aside, and with all of them aside nothing has changed.
    for (const [key, problems] of more) held.set(key, problems)
  }
}

interface Attempt {
  readonly served: Served
  readonly profiles: ReadonlyMap<string, BfdProfile>
  readonly accepted: AcceptedObjects
  readonly problems: readonly Problem[]
  readonly setAside: ReadonlyMap<string, readonly Problem[]>
}

/** In three steps: what others refer to by name first, then everything that must fit together. */
function admitAll(acceptance: Acceptance): Attempt {
  const { objects } = acceptance
  const profiles = new Map<string, BfdProfile>()
  const ofProfiles = admitProfiles(acceptance, profiles)
  const names = noCommunityNames()
  const ofCommunities = settle(
    contendersOf(acceptance, 'Community', {
      resolve: ({ metadata, spec }) => ({ value: { ...spec, name: metadata.name }, problems: [] }),
      wrong: (spec, ref) => wrongAliases(names, ref, spec),
      add: (spec) => addCommunity(names, spec),
    }),
  )
  const nodes = byName(objects.Node)
  const namespaces = byName(objects.Namespace)
  const references = { secrets: secretsOf(objects), profiles }
  const served = nothingServed(nodes)
  const ofRest = settle([
    ...contendersOf(acceptance, 'IPAddressPool', {
      resolve: (object) => resolvePool(object, namespaces),
      wrong: (pool, ref) => wrongPool(served, pool, ref),
      add: (pool) => addPool(served, pool),
    }),
    ...contendersOf(acceptance, 'AddressPool', {
      resolve: (object, last) => resolveLegacyPool(object, names, last),
      wrong: (pool, ref) => wrongPool(served, pool, ref),
      add: (pool) => addPool(served, pool),
    }),
    ...contendersOf(acceptance, 'BGPPeer', {
      resolve: (object, last) => resolvePeer(object, references, last),
      wrong: (peer, ref) => wrongPeer(served, peer, ref),
      add: (peer) => addPeer(served, peer),
      turned: (now, last) => now.peer.bfd?.echoMode === true && last.peer.bfd?.echoMode !== true,
    }),
    ...contendersOf(acceptance, 'BGPAdvertisement', {
      resolve: (object, last) => resolveBgpAd(object, nodes, names, last),
      wrong: (draft, ref) => wrongBgpAd(served, draft, ref),
      add: (draft) => addAd(served.bgp, draft),
    }),
    ...contendersOf(acceptance, 'L2Advertisement', {
      resolve: (object) => resolveL2Ad(object, nodes),
      wrong: () => [],
      add: (draft) => addAd(served.l2, draft),
    }),
  ])
  const steps = [ofProfiles, ofCommunities, ofRest]
  const echo = new Map(echoTurnedOn(acceptance, served, profiles))
  return {
    served,
    profiles,
    accepted: acceptance.accepted,
    problems: steps.flatMap((step) => step.problems),
    // The profile alone: with its edit aside, nobody is ousted because of it.
    setAside: echo.size > 0 ? echo : new Map(steps.flatMap((step) => [...step.ousted])),
  }
}

function admitProfiles(acceptance: Acceptance, profiles: Map<string, BfdProfile>): Settlement {
  return settle(
    contendersOf(acceptance, 'BFDProfile', {
      resolve: (object) => ({ value: resolveProfile(object), problems: [] }),
      wrong: () => [],
      add: (profile) => profiles.set(profile.name, profile),
    }),
  )
}

/** Echo mode switched on where IPv6 is served: the profile is to blame, not the peers that use it. */
function* echoTurnedOn(
  { previous, objects }: Acceptance,
  served: Served,
  profiles: ReadonlyMap<string, BfdProfile>,
): Generator<[string, Problem[]]> {
  for (const [name, message] of served.echo) {
    const before = previous.BFDProfile.get(name)?.draft
    if (!before || before.echoMode || !profiles.get(name)?.echoMode) continue
    const ref = { kind: 'BFDProfile', namespace: objects.namespace, name }
    yield [keyOf(ref), [problemAt(ref, 'spec.echoMode', 'echo-ipv6', message)]]
  }
}

function finish(objects: ConfigObjects, attempt: Attempt, previous?: Accepted): Resolution {
  const config = assemble(attempt, extras(objects, previous), previous?.config)
  const problems = [
    ...(objects.refused ?? []),
    ...wrongNamespaces(objects),
    ...attempt.problems,
  ].sort(compareProblems)
  return { config, problems, accepted: { objects: attempt.accepted, config } }
}

function extras(objects: ConfigObjects, previous?: Accepted): string {
  const isRefused = (objects.refused ?? []).some(
    (one) =>
      one.kind === 'ConfigMap' && one.name === 'bgpextras' && one.namespace === objects.namespace,
  )
  return isRefused ? (previous?.config.extras ?? '') : extrasOf(objects)
}

function assemble({ served, profiles }: Attempt, extras: string, before?: Config): Config {
  const peers = [...served.peers.values()].map(({ peer }) => peer)
  // A peer may have kept a profile that is gone.
  const bfd = new Map([
    ...peers.flatMap(({ bfd }) => (bfd ? [[bfd.name, bfd] as const] : [])),
    ...profiles,
  ])
  const config: Config = {
    pools: sameOrNew(
      before?.pools,
      [...served.pools.values()].map((pool) => withAds(served, pool)),
    ),
    peers: sameOrNew(before?.peers, peers),
    bfdProfiles: sameOrNew(before?.bfdProfiles, [...bfd.values()]),
    extras,
  }
  return keepIdentity(before, config)
}

function withAds(served: Served, pool: PoolDraft): Pool {
  const { labels: _labels, ...rest } = pool
  return {
    ...rest,
    bgp: [...pool.bgp, ...adsOn(served.bgp, pool)].sort(byOwnName),
    l2: distinctL2([...pool.l2, ...adsOn(served.l2, pool)].sort(byOwnName)),
  }
}

type Named = { readonly name: string }
const byOwnName = (a: Named, b: Named) => compareText(a.name, b.name)

function sameOrNew<T extends Named>(before: readonly T[] = [], now: readonly T[]): readonly T[] {
  const known = new Map(before.map((one) => [one.name, one]))
  const list = now.map((one) => keepIdentity(known.get(one.name), one)).sort(byOwnName)
  return list.length === before.length && list.every((one, i) => one === before[i]) ? before : list
}

function byName(objects: ConfigObjects['Node'] | ConfigObjects['Namespace']): Labelled[] {
  return (objects ?? []).map(labelled).sort(byOwnName)
}
