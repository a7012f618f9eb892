// The mistakes of test/malformed as objects that can stand in one cluster together, each under a name of
// its own, and the good objects that they are mistakes beside.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { RawObject } from '../../../src/api/kinds.ts'
import { MISTAKES } from '../../malformed/refusals.ts'

const MALFORMED = join(import.meta.dirname, '../../malformed')
/** On all of them, to delete them by. */
export const LABEL = 'ferrule.test/wrong'
/** Of a version that only a webhook converts, and nobody answers for it here. */
const CONVERTED = /^peer-v1beta1-/
/** Names that several of the inputs use. */
const SHARED: ReadonlySet<unknown> = new Set(['wrong', 'router', 'elsewhere'])

const documentsIn = (path: string): RawObject[] =>
  parseAllDocuments(readFileSync(join(MALFORMED, path), 'utf8')).map((one) => one.toJSON())

export function goodObjects(): RawObject[] {
  return documentsIn('good/network.yaml')
}

/** In the order in which a person would write them: what others need first. */
export function wrongObjects(): { readonly wrong: RawObject[]; readonly beside: RawObject[] } {
  const objects = MISTAKES.filter((name) => !CONVERTED.test(name)).flatMap((name) =>
    documentsIn(`inputs/${name}.yaml`).map((one) => labelled(own(one, name))),
  )
  const { true: wrong = [], false: beside = [] } = Object.groupBy(objects, (one) =>
    isWrong(one) ? 'true' : 'false',
  )
  return { wrong, beside }
}

/** Secrets have no rules, and the first of two equal aliases is right. */
const isWrong = ({ kind, metadata }: RawObject): boolean =>
  kind !== 'Secret' && !(kind === 'Community' && metadata.name === 'other')

/** Every mention of a shared name is one of this input's own. */
function own<T>(value: T, name: string): T {
  if (SHARED.has(value)) return name as T
  if (Array.isArray(value)) return value.map((one) => own(one, name)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, own(one, name)])) as T
}

function labelled(object: RawObject): RawObject {
  return { ...object, metadata: { ...object.metadata, labels: { [LABEL]: 'true' } } } as RawObject
}

/** In JSON: kubectl reads an older YAML than we do, in which the text `yes` is true. */
export const printed = (objects: readonly RawObject[]): string =>
  objects.map((one) => `---\n${JSON.stringify(one)}\n`).join('')
