// The chart's values.yaml and values.schema.json: every setting with what it is when nobody says.
import { Document, isMap, Pair, Scalar, YAMLMap } from 'yaml'
import { z } from 'zod'
import { FOREIGN } from './chart-foreign.ts'
import type { Setting } from './setting.ts'

const WIDTH = 96

/** Before each key what it is for. */
export function renderValues(settings: readonly Setting[], head: string): string {
  const document = new Document<YAMLMap, false>(new YAMLMap() as never)
  for (const { path, initial, about } of settings) {
    const depth = path.length - 1
    let map = document.contents as unknown as YAMLMap
    for (const name of path.slice(0, -1)) map = innerMap(map, name, document)
    const key = new Scalar(path.at(-1)!)
    key.commentBefore = wrapped(about, WIDTH - 2 * depth)
    key.spaceBefore = depth === 0 && map.items.length > 0
    map.items.push(new Pair(key, document.createNode(initial)) as never)
  }
  document.commentBefore = wrapped(head, WIDTH)
  return document.toString({ lineWidth: 100, flowCollectionPadding: false })
}

function innerMap(map: YAMLMap, name: string, document: Document<YAMLMap, false>): YAMLMap {
  const there = map.get(name)
  if (isMap(there)) return there
  const key = new Scalar(name)
  key.spaceBefore = map === (document.contents as unknown)
  const inner = new YAMLMap()
  map.items.push(new Pair(key, inner) as never)
  return inner
}

/** A comment's lines, each with a blank before it. */
function wrapped(text: string, width: number): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width)
      lines[lines.length - 1] += ` ${word}`
    else lines.push(word)
  }
  return lines.map((line) => ` ${line}`).join('\n')
}

interface Schema {
  [key: string]: unknown
  properties?: Record<string, Schema>
}

/** Helm checks it before anything is rendered: an unknown value is a misspelling. */
export function renderValuesSchema(settings: readonly Setting[]): string {
  const root: Schema = { ...strict(), $schema: 'http://json-schema.org/draft-07/schema#' }
  for (const { path, schema, about } of settings) {
    putAt(root, path, { description: about, ...looseOf(schema) })
  }
  for (const { path, why } of FOREIGN)
    putAt(root, path.split('.'), { description: `Refused: ${why}.` })
  // Helm's own; and one port is asked for both.
  putAt(root, ['global'], {})
  for (const role of ['controller', 'speaker']) {
    putAt(root, [role, 'readinessProbe', 'port'], { description: 'As livenessProbe.port.' })
  }
  return `${JSON.stringify(root, null, 2)}\n`
}

const strict = (): Schema => ({ type: 'object', additionalProperties: false, properties: {} })

function putAt(root: Schema, path: readonly string[], schema: Schema): void {
  let here = root
  for (const key of path.slice(0, -1)) here = here.properties![key] ??= strict()
  here.properties![path.at(-1)!] ??= schema
}

/** What the API server knows better is left to it: affinity and its like are maps. */
function looseOf(schema: z.ZodType): Schema {
  const { $schema: _, ...written } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    reused: 'inline',
    unrepresentable: 'any',
  }) as Schema
  const { title, type } = written
  return title === undefined ? written : { type }
}
