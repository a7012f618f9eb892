// ```yaml blocks that are files of other programs: values of the chart, a kustomization.
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { find, read } from '../source.ts'
import type { Block } from './page.ts'
import { missing } from './programs.ts'
import { fileNameOf } from './yaml-blocks.ts'

/** What is wrong with such a block, as a sentence; `files` are those that the page shows. */
export function wrongFile(block: Block, files: readonly string[]): string | undefined {
  const name = fileNameOf(block) ?? ''
  const value = parse(block.text) as unknown
  if (!isRecord(value)) return `${name} is no mapping`
  return /kustomization/.test(name) ? wrongKustomization(value, name, files) : wrongValues(value)
}

function wrongKustomization(
  value: Record<string, unknown>,
  name: string,
  files: readonly string[],
): string | undefined {
  const { resources = [], components = [], patches = [] } = value as Record<string, unknown[]>
  const paths = patches.flatMap((patch) => (isRecord(patch) && 'path' in patch ? [patch.path] : []))
  const listed = [...resources, ...components, ...paths].map(String)
  // As if the file lay at the top of a checkout, or where its name says.
  return listed
    .map((path) => missing(join(dirname(name), path), files))
    .find((wrong) => wrong !== undefined)
}

/** Every setting is one that the chart has. */
function wrongValues(value: Record<string, unknown>): string | undefined {
  const [path] = find('charts/*/values.yaml')
  if (!path) return 'there is no chart here'
  const unknown = unknownSettings(value, parse(read(path)) as unknown)
  return unknown.length > 0 ? `${path} has no ${unknown.join(', ')}` : undefined
}

/** What is empty in the chart's own file may hold anything. */
function unknownSettings(value: Record<string, unknown>, known: unknown, at = ''): string[] {
  if (!isRecord(known) || Object.keys(known).length === 0) return []
  return Object.entries(value).flatMap(([key, below]) => {
    if (!(key in known)) return [`${at}${key}`]
    return isRecord(below) ? unknownSettings(below, known[key], `${at}${key}.`) : []
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
