// Makes the responder answer for what the speaker planned. It is started with the first
// L2Advertisement, because a cluster with BGP alone needs neither its thread nor its sockets.
import type { L2, L2Conflict, Others } from '../l2/responder.ts'
import type { Layer2Plan } from '../reconciler/layer2.ts'

/** What we need of the responder; tests have one of their own. */
export interface L2Edge
  extends Pick<
    L2,
    | 'start'
    | 'apply'
    | 'announceAnew'
    | 'counters'
    | 'frames'
    | 'restarts'
    | 'conflicts'
    | typeof Symbol.asyncDispose
  > {
  links(): readonly { readonly name: string }[]
  on(event: 'change' | 'conflict' | 'back', listener: () => void): unknown
}

export class Layer2Role {
  readonly #edge: L2Edge
  #isStarted = false
  #linkNames: ReadonlySet<string> | undefined
  #turn: Promise<void> = Promise.resolve()
  /** Conflicts that stand and were taken. */
  #taken: ReadonlySet<string> = new Set()

  constructor(edge: L2Edge) {
    this.#edge = edge
  }

  /** Links came or went, or another machine answers for an address of ours. */
  onChange(dirty: () => void): void {
    this.#edge.on('change', dirty)
    this.#edge.on('conflict', dirty)
  }

  /** For the links, which a plan looks at. That it cannot be started, `apply` tells. */
  async start(): Promise<void> {
    if (this.#isStarted) return
    const [started] = await Promise.allSettled([this.#edge.start()])
    this.#isStarted = started.status === 'fulfilled'
  }

  /** Of this node; the very same set while they are the same. Unknown before the start. */
  get linkNames(): ReadonlySet<string> | undefined {
    if (!this.#isStarted) return undefined
    const names = new Set(this.#edge.links().map(({ name }) => name))
    const known = this.#linkNames
    if (!known || known.symmetricDifference(names).size > 0) this.#linkNames = names
    return this.#linkNames
  }

  /** One at a time, in the order of the calls. */
  async apply(plan: Layer2Plan | undefined, others: Others): Promise<void> {
    const turn = this.#turn.then(() => this.#edge.apply(plan?.addresses ?? [], others))
    this.#turn = turn.catch(() => {})
    await turn
  }

  /** Each once while it stands. */
  takeConflicts(): L2Conflict[] {
    const standing = this.#edge.conflicts()
    const fresh = standing.filter((one) => !this.#taken.has(identityOf(one)))
    this.#taken = new Set(standing.map(identityOf))
    return fresh
  }
}

const identityOf = ({ address, interface: link, mac }: L2Conflict): string =>
  [address, link, mac].join(' ')
