// A node as a cluster has one, but for Kubernetes: objects from files become the plan of both roles,
// and the plan becomes what a real FRR runs. Every step is the product's own code.
import assert from 'node:assert/strict'
import pino from 'pino'
import { renderFrrConf } from '../../../src/cmd/templates.ts'
import { type ApplyResult, type Frr as Edge, openFrr } from '../../../src/frr/apply.ts'
import { observeClasses } from '../../../src/frr/classes.ts'
import { type Frr, startFrr } from '../../../src/lab/frr.ts'
import type { Netns } from '../../../src/lab/netns.ts'
import { planController } from '../../../src/reconciler/controller.ts'
import { settled } from '../../../src/reconciler/settled.ts'
import { planSpeaker, type SpeakerPlan } from '../../../src/reconciler/speaker.ts'
import type { World } from '../../../src/reconciler/world.ts'
import { classKey, numberClasses } from '../../../src/render/classes.ts'

/** What the FRR of a node reads when it starts, before we ever speak to it. */
const BASE_CONFIG = 'ip nht resolve-via-default\nipv6 nht resolve-via-default\n'

/** The controller gives addresses, then this node's speaker decides. */
export function planOf(world: World, node = 'n1'): SpeakerPlan {
  const options = { node, hostname: node, logLevel: 'info', ignoreExcludeLb: false }
  const before = { ...world, ...options }
  return planSpeaker(settled(before, planController(before)))
}

export interface NodeOptions {
  readonly netns: Netns
  readonly dir: string
  readonly root?: string | undefined
}

export class Node implements AsyncDisposable {
  readonly frr: Frr
  readonly #edge: Edge

  static async open({ netns, dir, root }: NodeOptions): Promise<Node> {
    const config = { config: BASE_CONFIG, ...(root ? { root } : {}) }
    return await Node.attach(await startFrr({ netns, dir, ...config }))
  }

  /** For an FRR that runs already. It ends with the node. */
  static async attach(frr: Frr): Promise<Node> {
    const { runDir, configDir } = frr
    return new Node(frr, await openFrr({ runDir, configDir, log: pino({ level: 'silent' }) }))
  }

  constructor(frr: Frr, edge: Edge) {
    this.frr = frr
    this.#edge = edge
  }

  /** As a pass of the speaker does it. */
  async apply(plan: SpeakerPlan): Promise<ApplyResult> {
    const numbers = numberClasses(plan.frr, observeClasses(await this.#edge.running(), classKey))
    const result = await this.#edge.apply(renderFrrConf(plan.frr, numbers))
    assert.notEqual(result.kind, 'refused', `FRR refused: ${JSON.stringify(result)}`)
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#edge[Symbol.asyncDispose]()
    await this.frr.stop()
  }
}
