// Selectors against the objects that exist: which nodes, namespaces or pools a user meant.
import { matchesAny, type Selector } from '../api/selector.ts'
import type { Labelled } from './objects.ts'

/** Names of the objects that any of the selectors matches, in their order. Without one: all. */
export function namesMatching(
  selectors: readonly Selector[],
  objects: readonly Labelled[],
): ReadonlySet<string> {
  const matched = objects.filter((one) => matchesAny(selectors, one.labels))
  return new Set(matched.map((one) => one.name))
}

/** As `namesMatching`, but "all" stays open to objects that do not exist yet. */
export function namesOrAll(
  selectors: readonly Selector[],
  objects: readonly Labelled[],
): ReadonlySet<string> | undefined {
  return selectors.length === 0 ? undefined : namesMatching(selectors, objects)
}

/** Pools or peers by name and label; neither means all. */
export function isSelected(
  by: { readonly names: readonly string[]; readonly selectors: readonly Selector[] },
  one: Labelled,
): boolean {
  if (by.names.length === 0 && by.selectors.length === 0) return true
  if (by.names.includes(one.name)) return true
  return by.selectors.length > 0 && matchesAny(by.selectors, one.labels)
}
