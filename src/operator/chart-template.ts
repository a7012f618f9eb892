// A base object as a Helm template: the same YAML with its comments, and Helm's expressions where
// settings land. Expressions are no YAML, so tokens stand for them while it is one.
import assert from 'node:assert/strict'
import { type Document, isMap, isScalar, isSeq, type Scalar, stringify, visit } from 'yaml'
import { type Block, Tokens } from './chart-tokens.ts'
import { type Change, isEmpty, printSpot } from './place.ts'
import type { Setting } from './setting.ts'
import { addItem, addPair, type Found, findIn, keyText, printed, wrap } from './yaml-places.ts'

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

interface Asked {
  readonly setting: Setting
  readonly change: Change
  readonly document: Document
  readonly tokens: Tokens
}

const referTo = ({ path }: Setting) => `.Values.${path.join('.')}`

export function isOf(document: Document, object: string): boolean {
  const { kind, metadata } = document.toJS() as { kind: string; metadata: { name: string } }
  return object === `${kind}/${metadata.name}` || object === `${kind}/*`
}

function placesOf({ change, document }: Asked): Found[] {
  const found = findIn(document, change.at.path)
  assert(found.length > 0, `the base has nothing at ${printSpot(change.at)}`)
  return found
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

function write(asked: Asked): void {
  const { change, setting } = asked
  switch (change.do) {
    case 'keep':
      return
    case 'set':
      for (const place of placesOf(asked)) writeSet(asked, place)
      return
    case 'merge':
      for (const place of placesOf(asked)) writeMerge(asked, place)
      return
    case 'append':
      for (const place of placesOf(asked)) writeAppend(asked, place)
      return
    case 'insert':
      for (const { node } of placesOf(asked)) {
        assert(isSeq(node), `no list at ${printSpot(change.at)}`)
        addItem(node, asked.tokens.block(given(setting, itemLines(change.as('{{ . }}')))))
      }
      return
    case 'image':
      for (const { node } of placesOf(asked)) writeImage(asked, node)
  }
}

/** Lines that are there when the value says something. */
const given =
  (setting: Setting, lines: Block): Block =>
  (indent) => [
    `{{- ${typeof setting.initial === 'boolean' ? 'if' : 'with'} ${referTo(setting)} }}`,
    ...lines(indent),
    '{{- end }}',
  ]

/** An item of a list, made of the value. */
const itemLines =
  (item: unknown): Block =>
  () =>
    stringify([item], { lineWidth: 0 })
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/(['"]?)\{\{ \. \}\}\1$/, (all) => quoted(line, all)))

/** A value that stands alone may be anything, so it is quoted; within a word the schema rules it. */
const quoted = (line: string, found: string): string =>
  /: ['"]?\{\{ \. \}\}['"]?$/.test(line) ? '{{ . | quote }}' : found.replaceAll(/['"]/g, '')

const yamlOf =
  (value: string): Block =>
  (indent) => [`{{- toYaml ${value} | nindent ${indent} }}`]

function writeSet(asked: Asked, { holder, index, node, key }: Found): void {
  const { change, setting, tokens } = asked
  assert(change.do === 'set')
  const value = referTo(setting)
  if (node === undefined) {
    assert(isMap(holder) && key !== undefined)
    addPair(holder, tokens.block(given(setting, addedLines(setting, key))))
  } else if (isScalar(node)) {
    writeScalar(asked, node)
  } else if (change.as) {
    const begin: Block = (indent) => [
      `{{- with ${value} }}`,
      ...itemLines(change.as!('{{ . }}'))(indent),
      '{{- else }}',
    ]
    wrap(
      holder,
      holder.items[index],
      tokens.block(begin),
      tokens.block(() => ['{{- end }}']),
    )
  } else {
    assert(isMap(node))
    const begin: Block = (indent) => [`{{- with ${value} }}`, ...yamlOf('.')(indent), '{{- else }}']
    node.items.unshift(tokens.pair(begin))
    addPair(
      node,
      tokens.block(() => ['{{- end }}']),
    )
  }
}

const addedLines =
  ({ initial }: Setting, key: string): Block =>
  (indent) => {
    if (typeof initial === 'object')
      return [`${key}:`, ...yamlOf('.')(indent + 2).map((line) => `  ${line}`)]
    return [`${key}: {{ . ${typeof initial === 'string' ? '| quote ' : ''}}}`]
  }

function writeScalar({ change, setting, tokens }: Asked, node: Scalar): void {
  assert(change.do === 'set')
  const value = referTo(setting)
  const base = node.value
  // An empty word is no name: the base's stays.
  const isWord = typeof base === 'string' && setting.schema.safeParse('').success
  const fallback = isWord ? ` | default ${JSON.stringify(base)}` : ''
  const made = change.as?.(VALUE)
  if (typeof made === 'string' && made !== VALUE) {
    node.value = made.replace(VALUE, tokens.word(`{{ ${value} }}`))
  } else {
    const quote = typeof base === 'string' ? ' | quote' : ''
    node.value = tokens.word(`{{ ${value}${fallback}${quote} }}`)
  }
  node.type = 'PLAIN'
}
const VALUE = 'VALUE'

function writeMerge({ change, setting, tokens }: Asked, { holder, node, key }: Found): void {
  assert(change.do === 'merge')
  const value = referTo(setting)
  if (node === undefined) {
    assert(isMap(holder) && key !== undefined)
    addPair(holder, tokens.block(given(setting, addedLines(setting, key))))
    return
  }
  assert(isMap(node))
  if (!isEmpty(setting.initial)) {
    // All of the base stands in values.yaml, where Helm merges the user's into it.
    node.items.length = 0
    addPair(node, tokens.block(yamlOf(value)))
    return
  }
  const ours = node.items.map(keyText).filter((name) => !Tokens.isToken(name))
  const added = change.baseWins
    ? `omit ${value} ${ours.map((name) => JSON.stringify(name)).join(' ')}`
    : value
  addPair(
    node,
    tokens.block((indent) => [`{{- with ${added} }}`, ...yamlOf('.')(indent), '{{- end }}']),
  )
}

function writeAppend({ setting, tokens }: Asked, { holder, node, key }: Found): void {
  if (isSeq(node)) {
    addItem(node, tokens.block(given(setting, yamlOf('.'))))
  } else {
    assert(isMap(holder) && key !== undefined)
    addPair(holder, tokens.block(given(setting, addedLines(setting, key))))
  }
}

function writeImage({ setting, tokens }: Asked, container: unknown): void {
  assert(isMap(container))
  const value = referTo(setting)
  const name = container.get('image', true)
  assert(isScalar(name))
  name.value = tokens.word(`{{ include "ferrule.image" (list . ${value}) | quote }}`)
  const at = container.items.findIndex((pair) => keyText(pair) === 'image')
  container.items.splice(
    at + 1,
    0,
    tokens.pair(() => [
      `{{- with ${value}.pullPolicy }}`,
      'imagePullPolicy: {{ . }}',
      '{{- end }}',
    ]),
  )
}

function renameScalar(scalar: Scalar, rename: Rename, tokens: Tokens): void {
  if (typeof scalar.value !== 'string') return
  const renamed = rename(scalar.value)
  if (renamed === undefined) return
  const [, before = '', expression = renamed, after = ''] =
    /^(.*?)(\{\{ .*? \}\})(.*)$/s.exec(renamed) ?? []
  scalar.value = `${before}${tokens.word(expression)}${after}`
  if (before === '' && after === '') scalar.type = 'PLAIN'
}
