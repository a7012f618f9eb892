// What one pass costs when one of very many Services has changed: everything both roles compute
// between an event and the first byte to FRR. No files, no sockets; the product's own functions.
import assert from 'node:assert/strict'
import { parseAllDocuments } from 'yaml'
import type { RawObject } from '../src/api/kinds.ts'
import { renderFrrConf } from '../src/cmd/templates.ts'
import { parseObject, refOf } from '../src/config/parse.ts'
import { diffTrees } from '../src/frr/diff.ts'
import { parseTree, type Tree } from '../src/frr/tree.ts'
import { Snapshot } from '../src/kube/snapshot.ts'
import type { Change } from '../src/kube/source.ts'
import { AnnouncementMemo } from '../src/reconciler/announcements.ts'
import {
  ControllerMemo,
  type ControllerPlan,
  planController,
} from '../src/reconciler/controller.ts'
import { settled } from '../src/reconciler/settled.ts'
import { planSpeaker } from '../src/reconciler/speaker.ts'
import type { World } from '../src/reconciler/world.ts'
import { numberClasses } from '../src/render/classes.ts'
import {
  advertisementText,
  type Neighbour,
  nodeText,
  peerText,
  poolText,
  serviceName,
  serviceText,
} from '../test/support/many-services.ts'
import { type Bench, measure, type Row } from './measure.ts'

const NAMESPACE = 'metallb-system'
const NEIGHBOUR: Neighbour = {
  ...{ node: 'n1', nodeAddress: '192.0.2.11', nodeAsn: 64513 },
  ...{ address: '192.0.2.1', asn: 64512 },
}

export const bench: Bench = {
  about: 'planning, rendering and diffing with one of many Services changed',
  run: async ({ quick, say }) => {
    const rows: Row[] = []
    for (const services of quick ? [1000] : [1000, 10_000]) {
      say(`${services} Services`)
      rows.push(...measurePass(services, quick ? 20 : 40))
    }
    return rows
  },
}

const PHASES = ['snapshot', 'controller plan', 'speaker plan', 'render', 'parse + diff'] as const
type Phase = (typeof PHASES)[number]
/** Of the design, at 10,000 Services; the plan of either role, and what FRR needs of it together. */
const BUDGETS: Partial<Record<Phase | 'render + diff', number>> = {
  ...{ 'controller plan': 20, 'speaker plan': 20, 'render + diff': 40 },
}
const WARM_UP = 10

function measurePass(services: number, rounds: number): Row[] {
  const cluster = new Cluster(services)
  const spent = new Map<Phase, number[]>(PHASES.map((phase) => [phase, []]))
  for (let round = -WARM_UP; round < rounds; round++) {
    const cost = cluster.pass(round)
    if (round >= 0) for (const phase of PHASES) spent.get(phase)!.push(cost[phase])
  }
  const objects = cluster.rawObjects
  const copy = () => assert.ok(JSON.parse(JSON.stringify(objects)))
  const baseline = { what: 'copying all objects as JSON', samples: measure(rounds, 3, copy) }
  const [rendered, diffed] = [spent.get('render')!, spent.get('parse + diff')!]
  const both = rendered.map((ms, at) => ms + diffed[at]!)
  return [...spent, ['render + diff', both] as const].map(([phase, samples]) => {
    const budget = services === 10_000 ? BUDGETS[phase] : undefined
    const what = `${phase}, ${services} Services`
    return { what, unit: 'ms', samples, baseline, ...(budget === undefined ? {} : { budget }) }
  })
}

/** Both roles of one node, without the world around them. */
class Cluster {
  readonly rawObjects: readonly RawObject[]
  readonly #snapshot = new Snapshot({ namespace: NAMESPACE, lbClass: '' })
  readonly #controllerMemo = new ControllerMemo()
  readonly #speakerMemo = new AnnouncementMemo()
  readonly #changes: number
  #previous: ControllerPlan | undefined
  #running: Tree = parseTree('')
  #numbers: ReadonlyMap<string, number> = new Map()

  constructor(services: number) {
    const names = Array.from({ length: services }, (_, at) => serviceName('web', at))
    const first = [poolText(), advertisementText('64513:100'), peerText(NEIGHBOUR)]
    const template = rawIn(serviceText('NAME', NEIGHBOUR.node))
    this.rawObjects = [
      ...rawIn([...first, nodeText(NEIGHBOUR)].join('')),
      ...names.flatMap((name) => template.map((raw) => named(raw, name))),
    ]
    this.#changes = services
    this.#snapshot.update(this.rawObjects.map(changeOf))
    this.#settle()
    this.pass(-1)
  }

  /** A Service comes in even rounds and goes in odd ones, in the middle of the others. */
  pass(round: number): Record<Phase, number> {
    const clock = new Stopwatch()
    const template = rawIn(serviceText('NAME', NEIGHBOUR.node))
    const middle = `${serviceName('web', this.#changes >> 1)}-more`
    const objects = template.map((raw) => changeOf(named(raw, middle)))
    const changes = round % 2 === 0 ? objects : objects.map(({ ref }) => ({ ref }))
    clock.lap()
    this.#snapshot.update(changes)
    const world = this.#snapshot.world(0)
    const snapshot = clock.lap()
    const plan = this.#planController(world)
    const controller = clock.lap()
    const given = this.#echo(world, plan)
    clock.lap()
    const { frr } = planSpeaker(speakerWorld(given), new Set(), this.#speakerMemo)
    const speaker = clock.lap()
    this.#numbers = numberClasses(frr, this.#numbers)
    const text = renderFrrConf(frr, this.#numbers)
    const render = clock.lap()
    const wanted = parseTree(text)
    const { groups } = diffTrees(this.#running, wanted)
    const diff = clock.lap()
    if (round >= 0) assert.equal(groups.flatMap(({ steps }) => steps).length, 1, 'one line changes')
    this.#running = wanted
    return {
      ...{ snapshot, 'controller plan': controller, 'speaker plan': speaker },
      ...{ render, 'parse + diff': diff },
    }
  }

  #planController(world: World): ControllerPlan {
    const memory = { memo: this.#controllerMemo, previous: this.#previous }
    this.#previous = planController(world, memory)
    return this.#previous
  }

  /** The controller's writes come back as changes, as from the API. */
  #echo(world: World, plan: ControllerPlan): World {
    const { services } = settled(world, plan)
    const written = plan.writes.map(({ key }) => services.get(key)!)
    this.#snapshot.update(written.map((object) => ({ ref: refOf(object), object })))
    return this.#snapshot.world(0)
  }

  #settle(): void {
    const world = this.#snapshot.world(0)
    this.#echo(world, this.#planController(world))
  }
}

const speakerWorld = (world: World) => ({
  ...world,
  ...{ node: NEIGHBOUR.node, hostname: NEIGHBOUR.node, logLevel: 'info', ignoreExcludeLb: false },
})

class Stopwatch {
  #at = performance.now()

  lap(): number {
    const before = this.#at
    this.#at = performance.now()
    return this.#at - before
  }
}

const rawIn = (text: string): RawObject[] =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as RawObject | null)
    .filter((raw) => raw !== null)

const named = (raw: RawObject, name: string): RawObject =>
  JSON.parse(JSON.stringify(raw).replaceAll('NAME', name)) as RawObject

function changeOf(raw: RawObject): Change {
  const whole = { status: {}, ...raw }
  const parsed = parseObject(whole, NAMESPACE)
  assert.ok('object' in parsed, `${raw.kind} ${raw.metadata.name} must be valid`)
  return { ref: refOf(parsed.object, NAMESPACE), ...parsed }
}
