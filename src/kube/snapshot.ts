// Changes of objects → World. Keeps what a source told, the last good version of what is refused, and
// what the configuration was resolved to, so that a pass pays for what changed and not for what is there.
import { SERVICE_NAME_LABEL } from '../api/annotations.ts'
import type { EndpointSlice, Namespace, Node, Service } from '../api/core.ts'
import type { AnyObject, KindName, ObjectsByKind } from '../api/kinds.ts'
import { type ConfigKind, type ConfigObjects, OWN_KINDS } from '../config/objects.ts'
import { compareProblems, keyOf, type Problem } from '../config/problem.ts'
import { type Accepted, type Resolution, resolve } from '../config/resolve.ts'
import { installedLogLevelOf, type World } from '../reconciler/world.ts'
import { SortedMap } from './sorted-map.ts'
import type { Change } from './source.ts'

const CONFIG_KINDS: ReadonlySet<string> = new Set<ConfigKind>([
  ...OWN_KINDS,
  'Secret',
  'Node',
  'Namespace',
  'ConfigMap',
])
/** Of these, `resolve` keeps what it accepted last; a refused one is not to be shown to it again. */
const KEPT_BY_RESOLVE: ReadonlySet<string> = new Set<string>([...OWN_KINDS, 'ConfigMap'])

export interface SnapshotOptions {
  /** Of our configuration objects. */
  readonly namespace: string
  /** `--lb-class` */
  readonly lbClass: string
}

export class Snapshot {
  readonly #options: SnapshotOptions
  /** Every object by kind, then by `namespace/name`. */
  readonly #objects = new Map<string, SortedMap<AnyObject>>()
  readonly #refused = new Map<string, readonly Problem[]>()
  #slices = new SortedMap<readonly EndpointSlice[]>()
  #sourceProblems: readonly Problem[] = []
  #resolution: Resolution | undefined
  #isStale = true
  #problems: readonly Problem[] | undefined

  constructor(options: SnapshotOptions) {
    this.#options = options
  }

  /** `sourceProblems`: all that is wrong with the source at this moment, see `Source.problems`. */
  update(changes: readonly Change[], sourceProblems: readonly Problem[] = []): void {
    const edits = new Map<string, [string, AnyObject | undefined][]>()
    for (const change of changes) {
      const { kind } = change.ref
      if (this.#note(change)) this.#isStale = true
      if (change.problems && !KEPT_BY_RESOLVE.has(kind)) continue
      const list = edits.get(kind) ?? []
      edits.set(kind, list)
      list.push([mapKey(change), change.object])
    }
    for (const [kind, list] of edits) {
      if (kind === 'EndpointSlice') this.#updateSlices(list)
      this.#objects.set(kind, this.#all(kind as KindName).with(list) as SortedMap<AnyObject>)
    }
    if (changes.length > 0 || !sameList(sourceProblems, this.#sourceProblems)) {
      this.#sourceProblems = sourceProblems
      this.#problems = undefined
    }
  }

  world(now: number): World {
    const { config, problems } = this.#resolve()
    const { namespace } = this.#options
    this.#problems ??= [...this.#problemsBesideConfig(), ...problems].sort(compareProblems)
    return {
      now,
      ...this.#options,
      // One that is refused is not here: what was accepted last stays.
      installedLogLevel: installedLogLevelOf(this.#all('MetalLB').values(), namespace),
      config,
      problems: this.#problems,
      services: this.#all('Service') as ReadonlyMap<string, Service>,
      slices: this.#slices,
      nodes: this.#all('Node') as ReadonlyMap<string, Node>,
      namespaces: this.#all('Namespace') as ReadonlyMap<string, Namespace>,
    }
  }

  /** Remembers what is refused. Says whether the configuration has to be resolved again. */
  #note({ ref, object, problems }: Change): boolean {
    const key = keyOf(ref)
    if (problems) this.#refused.set(key, problems)
    else this.#refused.delete(key)
    if (!CONFIG_KINDS.has(ref.kind)) return false
    if (ref.kind !== 'Node' && ref.kind !== 'Namespace') return true
    // Nodes are written all the time; only their labels mean anything to the configuration.
    const before = this.#all(ref.kind).get(ref.name)
    return !before || !object || labelsOf(before) !== labelsOf(object)
  }

  /** What one more configuration object would have to fit in with. */
  standing(): { readonly objects: ConfigObjects; readonly accepted: Accepted } {
    const { accepted } = this.#resolve()
    return { objects: this.#configObjects(), accepted }
  }

  #configObjects(): ConfigObjects {
    const objects = Object.fromEntries(
      [...CONFIG_KINDS].map((kind) => [kind, [...this.#all(kind as KindName).values()]]),
    )
    const refused = [...this.#refused.values()]
      .flat()
      .filter((problem) => CONFIG_KINDS.has(problem.kind))
    return { ...objects, namespace: this.#options.namespace, refused } as ConfigObjects
  }

  #resolve(): Resolution {
    if (this.#resolution && !this.#isStale) return this.#resolution
    this.#resolution = resolve(this.#configObjects(), this.#resolution?.accepted)
    this.#isStale = false
    this.#problems = undefined
    return this.#resolution
  }

  #problemsBesideConfig(): Problem[] {
    const refused = [...this.#refused.values()].flat()
    return [
      ...this.#sourceProblems,
      ...refused.filter((problem) => !CONFIG_KINDS.has(problem.kind)),
    ]
  }

  #updateSlices(edits: readonly [string, AnyObject | undefined][]): void {
    const touched = new Map<string, Map<string, EndpointSlice>>()
    const of = (service: string) => {
      const known = (this.#slices.get(service) ?? []).map((one) => [nameOf(one), one] as const)
      const slices = touched.get(service) ?? new Map(known)
      touched.set(service, slices)
      return slices
    }
    for (const [key, after] of edits) {
      const before = this.#all('EndpointSlice').get(key)
      if (before) of(serviceOf(before)).delete(nameOf(before))
      if (after) of(serviceOf(after)).set(nameOf(after), after as EndpointSlice)
    }
    this.#slices = this.#slices.with(
      [...touched].map(([service, slices]) => {
        const sorted = [...slices.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
        return [service, sorted.length > 0 ? sorted : undefined] as const
      }),
    )
  }

  #all<Kind extends KindName>(kind: Kind): SortedMap<ObjectsByKind[Kind]> {
    return (this.#objects.get(kind) ?? EMPTY) as SortedMap<ObjectsByKind[Kind]>
  }
}

const EMPTY = new SortedMap<never>()

/** `namespace/name`, or the name of what has no namespace. */
const mapKey = ({ ref }: Change): string =>
  ref.namespace === '' ? ref.name : `${ref.namespace}/${ref.name}`

const nameOf = (object: AnyObject): string => object.metadata.name

/** A slice without the label belongs to no Service; nobody asks for the key it gets here. */
const serviceOf = ({ metadata }: AnyObject): string =>
  `${metadata.namespace}/${metadata.labels[SERVICE_NAME_LABEL] ?? ''}`

const labelsOf = (object: AnyObject): string =>
  JSON.stringify(Object.entries(object.metadata.labels).sort())

const sameList = (a: readonly Problem[], b: readonly Problem[]): boolean =>
  a.length === b.length && a.every((one, index) => printed(one) === printed(b[index]!))
const printed = (problem: Problem): string => JSON.stringify(problem)
