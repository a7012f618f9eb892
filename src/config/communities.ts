// Names of communities: the aliases of all Community objects, and the objects themselves. An
// advertisement writes a name or a value; what it gets is a sorted list of values.

import type { CommunitySpec } from '../api/community.ts'
import {
  type CommunityValue,
  compareCommunities,
  isCommunity,
  parseCommunity,
} from '../api/community-value.ts'
import { type ObjectRef, type Problem, problemAt } from './problem.ts'

/** BGP carries more, but bgpd refuses longer lists; with them every route of the peer would fail. */
const MAX_COMMUNITIES = 63

export interface CommunityDraft extends CommunitySpec {
  readonly name: string
}

export interface CommunityNames {
  /** Alias → value, and the object that defines it. */
  readonly aliases: Map<string, { readonly value: CommunityValue; readonly owner: string }>
  /** Name of a Community object → all its values. */
  readonly objects: Map<string, readonly CommunityValue[]>
}

export const noCommunityNames = (): CommunityNames => ({ aliases: new Map(), objects: new Map() })

/** Aliases are global: an alias that another object defines already is refused. */
export function wrongAliases(
  names: CommunityNames,
  ref: ObjectRef,
  spec: CommunitySpec,
): Problem[] {
  return spec.communities.flatMap(({ name }, index) => {
    const owner = names.aliases.get(name)?.owner
    if (owner === undefined) return []
    const message = `duplicate definition of community "${name}": Community "${owner}" defines it already; give one of them another name`
    return [problemAt(ref, `spec.communities[${index}].name`, 'duplicate', message)]
  })
}

export function addCommunity(names: CommunityNames, draft: CommunityDraft): void {
  const { name: owner, communities } = draft
  for (const { name, value } of communities) names.aliases.set(name, { value, owner })
  const values = communities.map((one) => one.value)
  names.objects.set(owner, values)
}

/**
 * Names and values as written → values, sorted, each once. `path` is the list's place in its
 * object. A name that nobody knows may still come: its problem is transient.
 */
export function resolveCommunities(
  names: CommunityNames,
  at: { readonly ref: ObjectRef; readonly path: string },
  written: readonly string[],
): { values: readonly CommunityValue[]; problems: Problem[] } {
  const byText = new Map<string, CommunityValue>()
  const problems: Problem[] = []
  written.forEach((text, index) => {
    const values = valuesOf(names, text)
    if (!('message' in values)) {
      for (const value of values) byText.set(`${value.kind} ${value.text}`, value)
      return
    }
    const path = `${at.path}[${index}]`
    problems.push({ ...problemAt(at.ref, path, values.code, values.message), ...values.transient })
  })
  if (byText.size > MAX_COMMUNITIES) {
    const message = `${byText.size} communities are too many for one route; leave at most ${MAX_COMMUNITIES}`
    problems.push(problemAt(at.ref, at.path, 'too-many-communities', message))
  }
  return { values: [...byText.values()].sort(compareCommunities), problems }
}

function valuesOf(names: CommunityNames, text: string) {
  const alias = names.aliases.get(text)
  if (alias) return [alias.value]
  const parsed = parseCommunity(text)
  if (isCommunity(parsed)) return [parsed]
  if (parsed.wrong === 'value') return { code: 'invalid-community', message: parsed.message }
  const object = names.objects.get(text)
  if (object) return object
  const message = `${parsed.message} is neither a value nor the name of a known community; create a Community with this alias, or write A:B or large:A:B:C`
  return { code: 'unknown-community', message, transient: { transient: true } as const }
}
