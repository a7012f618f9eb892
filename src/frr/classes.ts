// Which class number means what in the configuration FRR runs. Separate from rendering: it is how the
// numbers survive our restart, and a number that changed its meaning would move every route of it.
import { decimalCommunity } from './canonical.ts'
import type { Context, Tree } from './tree.ts'

/** What one neighbour hears with the routes of a class. */
export interface ClassMember {
  readonly localPref?: number
  readonly communities: readonly string[]
  readonly largeCommunities: readonly string[]
}

export type ClassKey = (members: ReadonlyMap<string, ClassMember>) => string

/**
 * Content of a class → its number. A number whose map is there but which no neighbour hears is the
 * class without members; of two numbers with one content the lower counts, the other one goes away.
 */
export function observeClasses(tree: Tree, keyOf: ClassKey): Map<string, number> {
  const classes = new Map<string, number>()
  for (const tag of classNumbers(tree)) {
    const key = keyOf(membersOf(tree, tag))
    if (!classes.has(key)) classes.set(key, tag)
  }
  return classes
}

const CLASS_MAP = /^route-map svc-(\d+) 1$/
const CLAUSE = /^route-map (\S+)-out \d+$/

/** Only maps that tag with their own number: anything else was not made by us. */
function classNumbers(tree: Tree): number[] {
  const numbers: number[] = []
  for (const [key, entry] of tree.contexts) {
    const number = CLASS_MAP.exec(key)?.[1]
    if (number !== undefined && entry.lines.get('set tag') === `set tag ${number}`) {
      numbers.push(Number(number))
    }
  }
  return numbers.sort((a, b) => a - b)
}

function membersOf(tree: Tree, tag: number): Map<string, ClassMember> {
  const members: [string, ClassMember][] = []
  for (const [key, entry] of tree.contexts) {
    const neighbor = CLAUSE.exec(key)?.[1]
    if (neighbor !== undefined && entry.lines.get('match tag') === `match tag ${tag}`) {
      members.push([neighbor, memberOf(entry)])
    }
  }
  return new Map(members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

function memberOf(clause: Context): ClassMember {
  const preference = clause.lines.get('set local-preference')?.split(' ')[2]
  return {
    ...(preference === undefined ? {} : { localPref: Number(preference) }),
    communities: valuesOf(clause, 'set community'),
    largeCommunities: valuesOf(clause, 'set large-community'),
  }
}

/** In numbers, as we write them; the line is canonical, so they are sorted and unique already. */
function valuesOf(clause: Context, slot: string): string[] {
  const words = clause.lines.get(slot)?.split(' ').slice(2) ?? []
  return words.filter((word) => word !== 'additive').map(decimalCommunity)
}
