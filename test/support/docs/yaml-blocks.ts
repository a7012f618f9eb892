// The ```yaml blocks of a page: objects, which have to pass what `ferrule check` finds, and files of other
// programs, which say by a first line `# name.yaml` what they are.
import { parseAllDocuments } from 'yaml'
import type { AnyObject } from '../../../src/api/kinds.ts'
import { refOf } from '../../../src/config/parse.ts'
import { keyOf, type Problem } from '../../../src/config/problem.ts'
import { type Given, world } from '../build.ts'
import { givenIn } from '../world-of-files.ts'
import type { Block } from './page.ts'

/** What a first comment line says, if it names a file. */
export const fileNameOf = ({ text }: Block): string | undefined =>
  /^# ([\w./-]+\.(?:ya?ml|json|conf))\b/.exec(text)?.[1]

/** Blocks that hold Kubernetes objects, whether they have a file name or not. */
export const isObjects = (block: Block): boolean =>
  block.lang === 'yaml' &&
  !/(?:^|\/)(?:values|kustomization)[\w-]*\.yaml$/.test(fileNameOf(block) ?? '')

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
}

/** Every object of a block; throws where one is none. */
export function objectsOf(block: Block): KubeObject[] {
  const documents = parseAllDocuments(block.text, { merge: true })
  const values = ('empty' in documents ? [] : documents).map((document) => {
    const [error] = [...document.errors, ...document.warnings]
    if (error) throw error
    return document.toJS() as unknown
  })
  return values.filter((value) => value !== null).flatMap(listed)
}

function listed(value: unknown): KubeObject[] {
  const { apiVersion, kind, metadata, items } = value as Record<string, unknown>
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new Error('a document is no Kubernetes object: it has no apiVersion and kind')
  }
  if (kind.endsWith('List') && Array.isArray(items)) return items.flatMap(listed)
  if (typeof (metadata as { name?: unknown } | undefined)?.name !== 'string') {
    throw new Error(`a ${kind} has no name`)
  }
  return [value as KubeObject]
}

/**
 * What `ferrule check` would say of the objects of a block: alone, or else with all others of the page,
 * since an object may refer to one of another block, and of two versions of one only one can stand.
 */
export function problemsOf(block: Block, others: readonly Block[]): Problem[] {
  const own = givenIn(block.text, block.page)
  if (world(own).problems.length === 0) return []
  const keys = new Set(own.map(keyOfGiven))
  const known = new Map(
    others.flatMap(({ text, page }) => givenIn(text, page)).map((one) => [keyOfGiven(one), one]),
  )
  const context = [...known].filter(([key]) => !keys.has(key)).map(([, one]) => one)
  return world([...context, ...own]).problems.filter((problem) => keys.has(keyOf(problem)))
}

const keyOfGiven = (given: Given): string =>
  keyOf('metadata' in given ? refOf(given as AnyObject) : (given as Problem))
