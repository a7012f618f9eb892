// The objects to have: the base, changed by settings. With none it is what manifests/ yields.
import assert from 'node:assert/strict'
import { formatImage, parseImage } from './image.ts'
import {
  type Change,
  isEmpty,
  isItem,
  type Json,
  type JsonMap,
  printSpot,
  type Spot,
  type Step,
} from './place.ts'
import { NAMESPACE, SETTINGS, type Settings } from './settings.ts'

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

/** Names an object among those of one installation. */
export const keyOf = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.name}`

/** In the order of the base, which is one in which they can be applied. */
export function buildObjects(base: readonly KubeObject[], settings: Settings): KubeObject[] {
  const objects = new Map(base.map((one) => [keyOf(one), structuredClone(one) as Mutable]))
  const asked = SETTINGS.map(({ path, initial, changes }) => {
    const given = valueAt(settings, path)
    return { changes, given, value: given ?? initial }
  })
  const each = (kinds: readonly Change['do'][]) =>
    asked.flatMap(({ changes, given, value }) =>
      changes.filter((one) => kinds.includes(one.do)).map((change) => ({ change, given, value })),
    )
  for (const { change, given } of each(['set', 'append', 'insert', 'image'])) {
    if (given !== undefined) make(objects, change, given as Json)
  }
  // Only now, so that every spot was still there when a setting landed on it.
  for (const { change, value } of each(['keep'])) {
    if (!isKept(change, value)) remove(objects, change.at)
  }
  // What a user puts in a place of ours stays, also where ours went.
  for (const { change, given } of each(['merge'])) {
    if (given !== undefined) make(objects, change, given as Json)
  }
  const { namespace = NAMESPACE } = settings
  return [...objects.values()].map((one) => moved(one, namespace) as unknown as KubeObject)
}

type Mutable = JsonMap
type Objects = Map<string, Mutable>

function isKept(change: Change, value: unknown): boolean {
  const unless = change.do === 'keep' ? change.unless : undefined
  return unless === undefined ? !isEmpty(value) : value !== unless
}

function valueAt(settings: Settings, path: readonly string[]): unknown {
  let value: unknown = settings
  for (const key of path) value = (value as Record<string, unknown> | undefined)?.[key]
  return value
}

function make(objects: Objects, change: Change, value: Json): void {
  const places = locate(objects, change.at)
  const isGone = change.do === 'merge' && found(objects, change.at.object).length === 0
  assert(places.length > 0 || isGone, `the base has nothing at ${printSpot(change.at)}`)
  for (const [holder, key] of places) {
    const made = changed(holder[key], change, value)
    if (made !== undefined) holder[key] = made
  }
}

function changed(there: Json | undefined, change: Change, value: Json): Json | undefined {
  // Nought is a number where one stands; elsewhere it is what Kubernetes takes anyway.
  if (isEmpty(value) && !(value === 0 && there !== undefined)) return there
  switch (change.do) {
    case 'set':
      return change.as ? change.as(String(value)) : value
    case 'merge':
      return change.baseWins ? merged(value, there) : merged(there, value)
    case 'append':
      return [...((there as Json[]) ?? []), ...(value as Json[])]
    case 'insert':
      return [...((there as Json[]) ?? []), change.as(String(value))]
    case 'image':
      return pulled(there as JsonMap, value as ImageSetting)
    case 'keep':
      return there
  }
}

interface ImageSetting {
  readonly repository?: string
  readonly tag?: string
  readonly digest?: string
  readonly pullPolicy?: string
}

function pulled(container: JsonMap, { pullPolicy, ...given }: ImageSetting): JsonMap {
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value))
  // The digest of another image says nothing about this one.
  const { digest: _, ...there } = parseImage(String(container.image))
  const image = isEmpty(said) ? container.image! : formatImage({ ...there, ...said })
  return { ...container, image, ...(pullPolicy && { imagePullPolicy: pullPolicy }) }
}

/** Maps key by key, to any depth; of anything else the second. */
function merged(first: Json | undefined, second: Json | undefined): Json {
  if (!isMap(first) || !isMap(second)) return (second ?? first)!
  const all = { ...first }
  for (const [key, value] of Object.entries(second)) all[key] = merged(first[key], value)
  return all
}

const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

type Holder = Record<string | number, Json>

/** Only the last key may be new. */
function locate(objects: Objects, { object, path }: Spot): [Holder, string | number][] {
  const last = path.at(-1)
  if (last === undefined) return []
  let parents = found(objects, object).map((key) => objects.get(key) as Json)
  for (const step of path.slice(0, -1)) {
    parents = parents.flatMap((one) => keysOf(one, step).map((key) => (one as Holder)[key]!))
  }
  return parents.flatMap((one) =>
    (typeof last === 'string' && isMap(one) ? [last] : keysOf(one, last)).map(
      (key): [Holder, string | number] => [one as Holder, key],
    ),
  )
}

function found(objects: Objects, object: string): string[] {
  if (!object.endsWith('/*')) return objects.has(object) ? [object] : []
  return [...objects.keys()].filter((key) => key.startsWith(object.slice(0, -1)))
}

function keysOf(value: Json, step: Step): (string | number)[] {
  if (typeof step === 'string') return isMap(value) && step in value ? [step] : []
  if (!Array.isArray(value)) return []
  return [...value.keys()].filter((index) => isItem(value[index], step.item))
}

/** What leads there may be gone already, by another setting. */
function remove(objects: Objects, at: Spot): void {
  if (at.path.length === 0) {
    for (const key of found(objects, at.object)) objects.delete(key)
    return
  }
  for (const [holder, key] of locate(objects, at).toReversed()) {
    if (Array.isArray(holder)) holder.splice(key as number, 1)
    else delete holder[key]
  }
}

/** Every mention of the namespace: where objects stand, whom they bind, which Service they call. */
function moved(value: Json, namespace: string): Json {
  if (namespace === NAMESPACE) return value
  if (typeof value === 'string') return movedText(value, namespace)
  if (Array.isArray(value)) return value.map((one) => moved(one, namespace))
  if (!isMap(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, moved(one, namespace)]))
}

/** In alerts it is a label of a metric. Names of ClusterRoles keep it: there is one installation in a cluster. */
const movedText = (text: string, namespace: string): string =>
  text === NAMESPACE
    ? namespace
    : text.replaceAll(`namespace="${NAMESPACE}"`, `namespace="${namespace}"`)
