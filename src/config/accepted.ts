// Acceptance object by object: what each was last accepted as, and from that and what stands
// written now, the values it may be served with. This is what lets one bad edit harm only itself.

import type { ObjectsByKind } from '../api/kinds.ts'
import type { AdDraft } from './advertisements.ts'
import type { CommunityDraft } from './communities.ts'
import type { BfdProfile, BgpAd, Config, L2Ad } from './config.ts'
import type { Contender, Option, Rank, Resolved } from './contend.ts'
import { type ConfigObjects, isIn, type OwnKind, refTo } from './objects.ts'
import type { PeerDraft } from './peers.ts'
import type { PoolDraft } from './pools.ts'
import { keyOf, type ObjectRef, type Problem, problemAt } from './problem.ts'
import { sameValue } from './same.ts'

/** What an object of each kind resolves to. */
export interface Drafts {
  BFDProfile: BfdProfile
  Community: CommunityDraft
  IPAddressPool: PoolDraft
  AddressPool: PoolDraft
  BGPPeer: PeerDraft
  BGPAdvertisement: AdDraft<BgpAd>
  L2Advertisement: AdDraft<L2Ad>
}

export interface AcceptedObject<Kind extends OwnKind> {
  readonly object: ObjectsByKind[Kind]
  readonly draft: Drafts[Kind]
}

export type AcceptedObjects = {
  readonly [Kind in OwnKind]: Map<string, AcceptedObject<Kind>>
}

/** What the next `resolve` needs to know of this one. Keep it; look at nothing inside. */
export interface Accepted {
  readonly objects: AcceptedObjects
  readonly config: Config
}

export const noObjects = (): AcceptedObjects => ({
  BFDProfile: new Map(),
  Community: new Map(),
  IPAddressPool: new Map(),
  AddressPool: new Map(),
  BGPPeer: new Map(),
  BGPAdvertisement: new Map(),
  L2Advertisement: new Map(),
})

export interface Rules<Kind extends OwnKind> {
  /** `last`: what the very same text resolved to when it was accepted. */
  resolve(object: ObjectsByKind[Kind], last?: Drafts[Kind]): Resolved<Drafts[Kind]>
  /** Against what is served so far. */
  wrong(draft: Drafts[Kind], ref: ObjectRef): readonly Problem[]
  add(draft: Drafts[Kind]): void
  /** The text is unchanged, but what it means now may break a rule it kept before. */
  turned?(draft: Drafts[Kind], last: Drafts[Kind]): boolean
}

export interface Acceptance {
  readonly objects: ConfigObjects
  readonly previous: AcceptedObjects
  /** Keys of objects whose present text is set aside, and why. */
  readonly held: ReadonlyMap<string, readonly Problem[]>
  /** Filled as objects are admitted. */
  readonly accepted: AcceptedObjects
}

export function contendersOf<Kind extends OwnKind>(
  acceptance: Acceptance,
  kind: Kind,
  rules: Rules<Kind>,
): Contender[] {
  const { current, twins } = byName(acceptance.objects, kind)
  const before = acceptance.previous[kind] as Map<string, AcceptedObject<Kind>>
  const refused = (acceptance.objects.refused ?? [])
    .filter((one) => one.kind === kind && one.namespace === acceptance.objects.namespace)
    .map((one) => one.name)
  const names = new Set([...current.keys(), ...refused.filter((name) => before.has(name))])
  const contenders = [...names].map((name) => {
    const ref = { kind, namespace: acceptance.objects.namespace, name }
    const now = current.get(name)
    const last = before.get(name)
    const same = last && isSameObject(last.object, now) ? last : undefined
    return contender(acceptance, kind, rules, { ref, now, last: same })
  })
  return [...contenders, ...twins.map(twin)]
}

/** Deleted and created again is another object: it inherits nothing. */
function isSameObject(last: ObjectsByKind[OwnKind], now?: ObjectsByKind[OwnKind]): boolean {
  const [a, b] = [last.metadata.uid, now?.metadata.uid]
  return a === undefined || b === undefined || a === b
}

interface Given<Kind extends OwnKind> {
  readonly ref: ObjectRef
  readonly now: ObjectsByKind[Kind] | undefined
  readonly last: AcceptedObject<Kind> | undefined
}

function contender<Kind extends OwnKind>(
  acceptance: Acceptance,
  kind: Kind,
  rules: Rules<Kind>,
  { ref, now, last }: Given<Kind>,
): Contender {
  const aside = acceptance.held.get(keyOf(ref))
  const taken = acceptance.accepted[kind] as Map<string, AcceptedObject<Kind>>
  const unchanged = now !== undefined && last !== undefined && isUnchanged(now, last.object)
  const options: Option[] = []
  let problems = aside ?? []
  let rank: Rank = last ? 0 : 2
  const offer = (isCurrent: boolean, object: ObjectsByKind[Kind], draft: Drafts[Kind]) => {
    const accept = () => {
      rules.add(draft)
      taken.set(ref.name, { object, draft })
    }
    options.push({ isCurrent, wrong: () => rules.wrong(draft, ref), accept })
    if (last && ((isCurrent && !unchanged) || rules.turned?.(draft, last.draft))) rank = 1
  }
  if (now && !aside) {
    const resolved = rules.resolve(now, unchanged ? last.draft : undefined)
    problems = resolved.problems
    if (resolved.value !== undefined) offer(true, now, resolved.value)
  }
  if (last && !(unchanged && options.length > 0)) {
    // Resolved anew, so that what it was accepted for follows nodes and labels that change.
    const { value } = rules.resolve(last.object, last.draft)
    if (value !== undefined) offer(false, last.object, value)
  }
  const created = (now ?? last?.object)?.metadata.creationTimestamp ?? ''
  return { ref, rank, created, problems, options }
}

function isUnchanged(now: ObjectsByKind[OwnKind], before: ObjectsByKind[OwnKind]): boolean {
  return (
    now === before ||
    (sameValue(now.spec, before.spec) && sameValue(now.metadata.labels, before.metadata.labels))
  )
}

/** The API knows a name once; files may say it twice. */
function byName<Kind extends OwnKind>(objects: ConfigObjects, kind: Kind) {
  const list = (objects[kind] ?? []) as readonly ObjectsByKind[Kind][]
  const ours = list.filter((object) => isIn(object, objects.namespace))
  const current = new Map<string, ObjectsByKind[Kind]>()
  const twins: ObjectRef[] = []
  for (const object of ours) {
    const { name } = object.metadata
    const other = current.get(name)
    if (other) twins.push(refTo(object, kind))
    if (!other || printed(object) < printed(other)) current.set(name, object)
  }
  return { current, twins }
}

/** Only to choose between two texts of one name, whatever order they came in. */
function printed(object: ObjectsByKind[OwnKind]): string {
  const created = object.metadata.creationTimestamp ?? '~'
  const print = (_key: string, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)
  return created + JSON.stringify(object.spec, print)
}

function twin(ref: ObjectRef): Contender {
  const message = `a ${ref.kind} named "${ref.name}" already exists; give this one another name`
  const problem = problemAt(ref, 'metadata.name', 'duplicate', message)
  return { ref, rank: 2, created: '', problems: [problem], options: [] }
}
