// Classes of routes. Routes that every neighbour hears with the same attributes are one class; its
// number is the tag that `network` lines set and outbound route-maps match. A class is never edited
// in place: other members, other class, other number.
import type { ClassMembers, FrrModel, RouteClass } from './model.ts'

/** Equal members have equal keys, whatever the order they were found in. */
export function classKey(members: ClassMembers): string {
  return [...members]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { localPref, communities, largeCommunities }]) =>
      [id, localPref ?? '', communities.join(' '), largeCommunities.join(' ')].join('|'),
    )
    .join('\n')
}

/** A route-map sequence number is at most 65535; a clause stands at ten times its class. */
export const CLASS_MAX = 6499

/**
 * Numbers for every class of the model. A class keeps the number it has; a new one takes the lowest
 * that neither the model nor FRR uses, so that no number ever changes its meaning in one step.
 */
export function numberClasses(
  model: FrrModel,
  previous: ReadonlyMap<string, number> = new Map(),
): Map<string, number> {
  const numbers = new Map<string, number>()
  const taken = new Set(previous.values())
  let next = 1
  for (const { key } of classesOf(model)) {
    let number = previous.get(key)
    if (number === undefined) {
      while (taken.has(next)) next++
      number = next
      taken.add(number)
    }
    numbers.set(key, number)
  }
  return numbers
}

/** The classes in use, by key. */
export function classesOf(model: FrrModel): RouteClass[] {
  const classes = new Map<string, RouteClass>()
  for (const router of model.routers) {
    let last: RouteClass | undefined
    for (const network of router.networks) {
      // Neighbouring networks mostly share the very object; this keeps 10,000 of them cheap.
      if (network.class === last) continue
      last = network.class
      classes.set(last.key, last)
    }
  }
  return [...classes.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
}
