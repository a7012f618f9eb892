// BGPPeer: object → peer with its password and BFD profile, and which peers may share a node. On
// one node all peers of a VRF are neighbours of one FRR router instance.
import type { SecretObject } from '../api/core.ts'
import { word } from '../api/fields.ts'
import type { BgpPeer } from '../api/kinds.ts'
import { Secret } from '../api/secret.ts'
import type { BfdProfile, Peer } from './config.ts'
import type { Resolved } from './contend.ts'
import { type Labelled, refTo } from './objects.ts'
import { type ObjectRef, type Problem, problemAt } from './problem.ts'
import { namesMatching } from './selectors.ts'

export interface PeerDraft {
  readonly peer: Peer
  /** Name of the Secret that gave the password. */
  readonly passwordFrom?: string
}

export interface PeerReferences {
  readonly secrets: ReadonlyMap<string, SecretObject>
  readonly profiles: ReadonlyMap<string, BfdProfile>
}

/** `last` is what the same peer resolved to before: it stands in for references that vanished. */
export function resolvePeer(
  { metadata, spec }: BgpPeer,
  references: PeerReferences,
  last?: PeerDraft,
): Resolved<PeerDraft> {
  const ref = refTo({ metadata }, 'BGPPeer')
  const password = resolvePassword(ref, spec, references.secrets, last)
  const bfd = resolveBfd(ref, spec.bfdProfile, references.profiles, last)
  const problems = [...password.problems, ...bfd.problems]
  if (!password.value || !bfd.value) return { problems }
  const { password: _written, passwordSecret: _secret, bfdProfile: _profile, ...rest } = spec
  const { text, from } = password.value
  const peer: Peer = {
    ...rest,
    name: metadata.name,
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ...(text ? { password: text } : {}),
    ...(bfd.value.profile ? { bfd: bfd.value.profile } : {}),
  }
  return { value: { peer, ...(from === undefined ? {} : { passwordFrom: from }) }, problems }
}

interface Password {
  readonly text?: Secret | undefined
  readonly from?: string
}

function resolvePassword(
  ref: ObjectRef,
  spec: BgpPeer['spec'],
  secrets: PeerReferences['secrets'],
  last?: PeerDraft,
): Resolved<Password> {
  const named = spec.passwordSecret?.name
  if (named) return fromNamedSecret(ref, named, secrets, last)
  const written = spec.password
  if (!written) return { value: {}, problems: [] }
  const name = written.reveal()
  const held = secrets.get(name)?.data.get('password')
  if (held) return checked(ref, 'spec.password', name, held, last)
  // A word that named a Secret before must not silently become the password itself.
  if (last?.passwordFrom !== name) return { value: { text: written }, problems: [] }
  return missing(ref, 'spec.password', name, last)
}

function fromNamedSecret(
  ref: ObjectRef,
  name: string,
  secrets: PeerReferences['secrets'],
  last?: PeerDraft,
): Resolved<Password> {
  const path = 'spec.passwordSecret'
  const secret = secrets.get(name)
  if (!secret) return missing(ref, path, name, last)
  const held = secret.data.get('password')
  if (secret.type !== 'kubernetes.io/basic-auth') {
    const message = `Secret "${name}" is of type "${secret.type}"; it must be kubernetes.io/basic-auth`
    return kept(name, last, problemAt(ref, path, 'wrong-secret-type', message))
  }
  if (!held) {
    const message = `Secret "${name}" has no key "password"`
    return kept(name, last, problemAt(ref, path, 'missing-secret-key', message))
  }
  return checked(ref, path, name, held, last)
}

/** The text will stand in one line of FRR's configuration; `last` serves while it cannot. */
function checked(
  ref: ObjectRef,
  path: string,
  name: string,
  held: Secret,
  last?: PeerDraft,
): Resolved<Password> {
  const text = held.reveal()
  if (text === '') return { value: { from: name }, problems: [] }
  const issue = word('the password', 80).safeParse(text).error?.issues[0]
  if (!issue) return { value: { text: new Secret(text), from: name }, problems: [] }
  const hint = text.endsWith('\n')
    ? '; it ends with a line break, write it with printf or echo -n'
    : ''
  const message = `Secret "${name}": ${issue.message}${hint}`
  return kept(name, last, problemAt(ref, path, 'invalid-password', message))
}

function missing(ref: ObjectRef, path: string, name: string, last?: PeerDraft): Resolved<Password> {
  const message = `Secret "${name}" with the key "password" does not exist in namespace ${ref.namespace}; create it`
  const problem = problemAt(ref, path, 'missing-secret', message)
  return kept(name, last, { ...problem, transient: true })
}

/** The session keeps the password that this very Secret gave last. */
function kept(name: string, last: PeerDraft | undefined, problem: Problem): Resolved<Password> {
  if (last?.passwordFrom !== name) return { problems: [problem] }
  return { value: { text: last.peer.password, from: name }, problems: [problem] }
}

function resolveBfd(
  ref: ObjectRef,
  name: string | undefined,
  profiles: PeerReferences['profiles'],
  last?: PeerDraft,
): Resolved<{ profile?: BfdProfile }> {
  if (!name) return { value: {}, problems: [] }
  const profile = profiles.get(name)
  if (profile) return { value: { profile }, problems: [] }
  const message = `BFDProfile "${name}" does not exist in namespace ${ref.namespace}; create it`
  const problem: Problem = {
    ...problemAt(ref, 'spec.bfdProfile', 'unknown-bfd-profile', message),
    transient: true,
  }
  const before = last?.peer.bfd
  return before?.name === name
    ? { value: { profile: before }, problems: [problem] }
    : { problems: [problem] }
}

/** Who stands on each node: the first peer of each VRF, and every session by its far end. */
export interface PeerPlaces {
  readonly routers: Map<string, Peer>
  readonly sessions: Map<string, Peer>
}

export const noPeerPlaces = (): PeerPlaces => ({ routers: new Map(), sessions: new Map() })

const SOMEWHERE = ''

/** Without any Node known, peers are assumed to share one. */
function nodesOf(peer: Peer, nodes: readonly Labelled[]): Iterable<string> {
  return nodes.length === 0 ? [SOMEWHERE] : namesMatching(peer.nodeSelectors, nodes)
}

const farEnd = (peer: Peer) => peer.peerAddress?.text ?? peer.interface ?? ''
const routerKey = (node: string, peer: Peer) => `${node} ${peer.vrf ?? ''}`
const sessionKey = (node: string, peer: Peer) => `${routerKey(node, peer)} ${farEnd(peer)}`

export function takePlaces(places: PeerPlaces, peer: Peer, nodes: readonly Labelled[]): void {
  for (const node of nodesOf(peer, nodes)) {
    if (!places.routers.has(routerKey(node, peer))) places.routers.set(routerKey(node, peer), peer)
    places.sessions.set(sessionKey(node, peer), peer)
  }
}

/** Each rule speaks once, of the first node where it is broken. */
export function wrongOnNodes(
  places: PeerPlaces,
  peer: Peer,
  ref: ObjectRef,
  nodes: readonly Labelled[],
): Problem[] {
  const found = new Map<string, Problem>()
  const say = (path: string, code: string, message: string) => {
    if (!found.has(code)) found.set(code, problemAt(ref, path, code, message))
  }
  for (const node of nodesOf(peer, nodes)) {
    const where = `${node === SOMEWHERE ? '' : ` on node ${node}`}${peer.vrf ? ` in VRF ${peer.vrf}` : ''}`
    const twin = places.sessions.get(sessionKey(node, peer))
    const router = places.routers.get(routerKey(node, peer))
    if (twin) {
      const path = peer.peerAddress ? 'spec.peerAddress' : 'spec.interface'
      say(
        path,
        'duplicate',
        `peer ${farEnd(peer)} already exists${where}: BGPPeer "${twin.name}"; choose other nodes or remove one of them`,
      )
    }
    if (router && router.routerID?.text !== peer.routerID?.text) {
      say(
        'spec.routerID',
        'router-id-conflict',
        `routerID ${printId(peer)} differs from ${printId(router)} of BGPPeer "${router.name}"${where}; a router has one ID`,
      )
    }
    if (router && router.myASN !== peer.myASN) {
      say(
        'spec.myASN',
        'asn-conflict',
        `myASN ${peer.myASN} differs from ${router.myASN} of BGPPeer "${router.name}"${where}; a router has one AS number, use localASN to show this neighbour another`,
      )
    }
  }
  return [...found.values()]
}

const printId = (peer: Peer) => peer.routerID?.text ?? '(not set)'
