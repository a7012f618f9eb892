// Finds the spots of settings in YAML, and puts something there without disturbing what stands around.
import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { isItem, type Step } from './place.ts'

export interface Found {
  readonly holder: YAMLMap | YAMLSeq
  /** Of its items; -1 for a key that is not there yet. */
  readonly index: number
  /** What stands there: an item of a list, the value of a key. */
  readonly node: unknown
  readonly key?: string
}

/** Only the last key may be new. */
export function findIn(document: Document, path: readonly Step[]): Found[] {
  let nodes: unknown[] = [document.contents]
  for (const step of path.slice(0, -1)) {
    nodes = nodes.flatMap((node) =>
      stepInto(node, step)
        .filter(({ index }) => index >= 0)
        .map((found) => found.node),
    )
  }
  const last = path.at(-1)
  return last === undefined ? [] : nodes.flatMap((node) => stepInto(node, last))
}

function stepInto(holder: unknown, step: Step): Found[] {
  if (typeof step === 'string') {
    if (!isMap(holder)) return []
    const index = holder.items.findIndex((pair) => keyText(pair) === step)
    return [{ holder, index, node: holder.items[index]?.value ?? undefined, key: step }]
  }
  if (!isSeq(holder)) return []
  return holder.items.flatMap((node, index) =>
    isItem(plain(node), step.item) ? [{ holder, index, node }] : [],
  )
}

const plain = (node: unknown): unknown => (node as Node).toJSON()

export const keyText = (pair: unknown): string =>
  isPair(pair) && isScalar(pair.key) ? String(pair.key.value) : ''

export const addItem = (list: YAMLSeq, token: Scalar): void => void list.items.push(token)

export const addPair = (map: YAMLMap, token: Scalar): void =>
  void map.items.push(new Pair(token, null) as never)

/** One before it and one after. */
export function wrap(holder: YAMLMap | YAMLSeq, item: unknown, begin: Scalar, end: Scalar): void {
  const index = (holder.items as unknown[]).indexOf(item)
  const [first, last] = isMap(holder) ? [new Pair(begin, null), new Pair(end, null)] : [begin, end]
  ;(holder.items as unknown[]).splice(index, 1, first, item, last)
}

/** Of several in a file each would bring its own line of dashes. */
export function printed(document: Document): string {
  if (document.directives) document.directives.docStart = null
  return document.toString({ lineWidth: 110, flowCollectionPadding: false })
}
