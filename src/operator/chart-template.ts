// A base object as a Helm template: the same YAML with its comments, and Helm's expressions where
// settings land. Expressions are no YAML, so tokens stand for them while it is one.
import { type Document, isMap, type Scalar, visit } from 'yaml'
import { type Asked, placesOf, referTo, write } from './chart-edits.ts'
import { Tokens } from './chart-tokens.ts'
import { isEmpty } from './place.ts'
import type { Setting } from './setting.ts'
import { type Found, keyText, printed, wrap } from './yaml-places.ts'

/** Writes what a scalar says as an expression, or leaves it. */
export type Rename = (text: string) => string | undefined

export interface Template {
  /** The values that have to be true for it to be there. */
  readonly conditions: readonly string[]
  readonly text: string
}

export function templateOf(base: Document, settings: readonly Setting[], rename: Rename): Template {
  const document = base.clone()
  const tokens = new Tokens()
  const asked = settings.flatMap((setting) =>
    setting.changes
      .filter(({ at }) => isOf(document, at.object))
      .map((change): Asked => ({ setting, change, document, tokens })),
  )
  const conditions = new Conditions()
  for (const one of asked) conditions.collect(one)
  conditions.write(tokens)
  for (const one of asked) write(one)
  visit(document, { Scalar: (_, scalar) => renameScalar(scalar, rename, tokens) })
  return {
    conditions: conditions.ofAll,
    text: tokens.spellOut(printed(document)),
  }
}

export function isOf(document: Document, object: string): boolean {
  const { kind, metadata } = document.toJS() as { kind: string; metadata: { name: string } }
  return object === `${kind}/${metadata.name}` || object === `${kind}/*`
}

/** When a node is there. Several settings may have a say. */
class Conditions {
  readonly ofAll: string[] = []
  readonly #ofNodes = new Map<unknown, { readonly place: Found; readonly all: string[] }>()

  collect(asked: Asked): void {
    const { change, setting } = asked
    const value = referTo(setting)
    if (change.do === 'keep') {
      const { unless } = change
      const condition = unless === undefined ? value : `(ne ${value} ${JSON.stringify(unless)})`
      if (change.at.path.length === 0) this.ofAll.push(condition)
      else for (const place of placesOf(asked)) this.#add(place, condition)
    }
    if (change.do !== 'merge' || change.baseWins || !isEmpty(setting.initial)) return
    // Of two equal keys the user's stays.
    for (const { node } of placesOf(asked)) {
      if (!isMap(node)) continue
      node.items.forEach((pair, index) => {
        const condition = `(not (hasKey ${value} ${JSON.stringify(keyText(pair))}))`
        this.#add({ holder: node, index, node: pair }, condition)
      })
    }
  }

  #add(place: Found, condition: string): void {
    const item = place.holder.items[place.index]
    const known = this.#ofNodes.get(item) ?? { place, all: [] }
    if (!known.all.includes(condition)) known.all.push(condition)
    this.#ofNodes.set(item, known)
  }

  write(tokens: Tokens): void {
    for (const [item, { place, all }] of this.#ofNodes) {
      const begin = tokens.block(() => [`{{- if ${allOf(all)} }}`])
      wrap(
        place.holder,
        item,
        begin,
        tokens.block(() => ['{{- end }}']),
      )
    }
  }
}

export const allOf = (conditions: readonly string[]): string =>
  conditions.length === 1
    ? conditions[0]!.replace(/^\((.*)\)$/, '$1')
    : `and ${conditions.join(' ')}`

function renameScalar(scalar: Scalar, rename: Rename, tokens: Tokens): void {
  if (typeof scalar.value !== 'string') return
  const renamed = rename(scalar.value)
  if (renamed === undefined) return
  const [, before = '', expression = renamed, after = ''] =
    /^(.*?)(\{\{ .*? \}\})(.*)$/s.exec(renamed) ?? []
  scalar.value = `${before}${tokens.word(expression)}${after}`
  if (before === '' && after === '') scalar.type = 'PLAIN'
}
