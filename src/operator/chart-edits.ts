// What each change of a setting makes of the YAML of a template: tokens for Helm's expressions where the
// value goes, and what the base says where nobody says anything else.
import assert from 'node:assert/strict'
import { type Document, isMap, isScalar, isSeq, type Scalar, stringify } from 'yaml'
import { type Block, Tokens } from './chart-tokens.ts'
import { type Change, isEmpty, printSpot } from './place.ts'
import type { Setting } from './setting.ts'
import { addItem, addPair, type Found, findIn, keyText, wrap } from './yaml-places.ts'

export interface Asked {
  readonly setting: Setting
  readonly change: Change
  readonly document: Document
  readonly tokens: Tokens
}

export const referTo = ({ path }: Setting) => `.Values.${path.join('.')}`

export function placesOf({ change, document }: Asked): Found[] {
  const found = findIn(document, change.at.path)
  assert(found.length > 0, `the base has nothing at ${printSpot(change.at)}`)
  return found
}

export function write(asked: Asked): void {
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
