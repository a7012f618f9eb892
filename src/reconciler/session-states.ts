// The BGPSessionState of each session of a node, as frr-k8s writes them. What a session that stays down
// tries in between is said once a minute: it tries every few seconds, on every node of the cluster.
import { hash } from 'node:crypto'
import { type BgpSessionStateStatus, FRR_K8S_GROUP, NO_BFD } from '../api/bgp-session-state.ts'
import { parseAddress } from '../net/address.ts'
import { type PeerSession, placeKey } from './sessions.ts'
import { nodeLabel, type WrittenStatus } from './status-objects.ts'

export type SessionState = WrittenStatus<BgpSessionStateStatus>

export interface SessionStateList {
  /** Equal contents are the very same object. */
  readonly objects: readonly SessionState[]
  /** When to come back if nothing happens: something is held back. */
  readonly nextAt?: number
}

const HOLD_MS = 60_000

interface Known {
  readonly isUp: boolean
  /** When it was said. */
  readonly at: number
  readonly object: SessionState
}

export class SessionStates {
  readonly #namespace: string
  #known = new Map<string, Known>()

  constructor(namespace: string) {
    this.#namespace = namespace
  }

  /** `now`: milliseconds of a clock that never jumps. */
  of(node: string, sessions: readonly PeerSession[], now: number): SessionStateList {
    const next = new Map<string, Known>()
    let nextAt = Number.POSITIVE_INFINITY
    for (const session of sessions) {
      const key = placeKey(session)
      const known = this.#known.get(key)
      const status = statusOf(node, session)
      if (known && isSame(known.object.status, status)) next.set(key, known)
      else if (known && isHeld(known, session, status, now)) {
        next.set(key, known)
        nextAt = Math.min(nextAt, known.at + HOLD_MS)
      } else {
        const object = this.#build(key, status)
        next.set(key, { isUp: session.isUp, at: now, object })
      }
    }
    this.#known = next
    const objects = [...next.values()].map(({ object }) => object)
    return { objects, ...(Number.isFinite(nextAt) ? { nextAt } : {}) }
  }

  #build(key: string, status: BgpSessionStateStatus): SessionState {
    const { node = '', peer = '', vrf = '' } = status
    // A name is 253 characters at most, and a node's may be as long.
    const name = `${node.slice(0, 240)}-${hash('sha1', `${node}/${key}`).slice(0, 12)}`
    const labels = {
      // Whose it is: another one that says the same may be frr-k8s's own.
      ...nodeLabel(node),
      [`${FRR_K8S_GROUP}/node`]: labelValue(node),
      [`${FRR_K8S_GROUP}/peer`]: labelValue(peer),
      [`${FRR_K8S_GROUP}/vrf`]: labelValue(vrf),
    }
    const metadata = { name, namespace: this.#namespace, labels }
    return { apiVersion: `${FRR_K8S_GROUP}/v1beta1`, kind: 'BGPSessionState', metadata, status }
  }
}

function statusOf(node: string, session: PeerSession): BgpSessionStateStatus {
  const { peer, vrf, state, bfd } = session
  return {
    ...{ bgpStatus: state, bfdStatus: bfd?.status ?? NO_BFD, node },
    ...{ peer: printed(peer), vrf: vrf === 'default' ? '' : vrf },
  }
}

/** As frr-k8s does: a label cannot hold a colon. */
function printed(peer: string): string {
  const address = parseAddress(peer)
  if (address?.family !== 6) return peer
  const hex = address.bits.toString(16).padStart(32, '0')
  return hex.match(/.{4}/g)!.join('-')
}

/** Names of nodes are longer than a label may be, and those of interfaces hold what it may not. */
const labelValue = (text: string): string =>
  text
    .replaceAll(/[^\w.-]/g, '-')
    .slice(0, 63)
    .replaceAll(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')

const isSame = (a: BgpSessionStateStatus, b: BgpSessionStateStatus): boolean =>
  a.bgpStatus === b.bgpStatus && a.bfdStatus === b.bfdStatus

function isHeld(known: Known, session: PeerSession, status: BgpSessionStateStatus, now: number) {
  const isBfdSame = known.object.status.bfdStatus === status.bfdStatus
  return !known.isUp && !session.isUp && isBfdSame && now < known.at + HOLD_MS
}
