// FRR's configuration as contexts and lines, from text and back. What FRR prints and what we render
// give equal trees when they mean the same; everything that compares configurations compares trees.
import { canonicalWords, type Kind, saysDefault } from './canonical.ts'
import { type Daemon, homeOf, type Opener, openerOf, ownerOf } from './grammar.ts'
import { listNameAt, slotOf } from './slot.ts'

export interface Context {
  readonly kind: Kind
  /** The line that opens it; empty for the file itself. */
  readonly opener: string
  /** By slot: what would overwrite one another in FRR does so here. */
  readonly lines: ReadonlyMap<string, string>
  readonly contexts: ReadonlyMap<string, Context>
}

/** The whole file. */
export type Tree = Context

interface Draft extends Context {
  readonly lines: Map<string, string>
  readonly contexts: Map<string, Draft>
}

export const EMPTY: Tree = {
  kind: 'file',
  opener: '',
  lines: new Map(),
  contexts: new Map(),
}

const NOISE = new Set(['Building configuration...', 'Current configuration:'])

export function parseTree(text: string): Tree {
  const file = draftOf({ kind: 'file', line: '' })
  let stack = [file]
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line === '' || line[0] === '!' || line[0] === '#' || NOISE.has(line)) continue
    stack = addLine(stack, line.split(/\s+/))
  }
  dropEmptyFrames(file)
  return file
}

/** `bfd` and an address family are nothing by themselves; FRR prints an empty one at times. */
function dropEmptyFrames(context: Draft): void {
  for (const [key, child] of context.contexts) {
    dropEmptyFrames(child)
    const isFrame = child.kind === 'family' || child.kind === 'bfd'
    if (isFrame && child.lines.size === 0 && child.contexts.size === 0) context.contexts.delete(key)
  }
}

/** Indented as FRR does, in the tree's order. */
export function renderTree(tree: Tree): string {
  return [...linesOf(tree, '')].map((line) => `${line}\n`).join('')
}

export function equalTrees(a: Context, b: Context): boolean {
  if (a.opener !== b.opener || a.lines.size !== b.lines.size) return false
  if (a.contexts.size !== b.contexts.size) return false
  for (const [slot, line] of a.lines) if (b.lines.get(slot) !== line) return false
  for (const [key, context] of a.contexts) {
    const other = b.contexts.get(key)
    if (!other || !equalTrees(context, other)) return false
  }
  return true
}

/** The part one daemon runs. What belongs to no daemon we speak to is read at FRR's start only. */
export function ownedBy(daemon: Daemon, tree: Tree): Tree {
  const lines = [...tree.lines].filter(([, line]) => ownerOf('file', line) === daemon)
  const contexts = [...tree.contexts].filter(([, one]) => ownerOf(one.kind, one.opener) === daemon)
  return { ...tree, lines: new Map(lines), contexts: new Map(contexts) }
}

export function mergeOwned(parts: readonly Tree[]): Tree {
  return {
    ...EMPTY,
    lines: new Map(parts.flatMap((part) => [...part.lines])),
    contexts: new Map(parts.flatMap((part) => [...part.contexts])),
  }
}

function* linesOf(context: Context, indent: string): Generator<string> {
  for (const line of context.lines.values()) yield indent + line
  for (const child of context.contexts.values()) {
    yield indent + child.opener
    yield* linesOf(child, `${indent} `)
    yield indent + (child.kind === 'family' ? 'exit-address-family' : 'exit')
  }
}

function draftOf({ kind, line }: Pick<Opener, 'kind' | 'line'>): Draft {
  return { kind, opener: line, lines: new Map(), contexts: new Map() }
}

/** Adds one line where FRR would take it, and returns where FRR would then stand. */
function addLine(stack: Draft[], words: readonly string[]): Draft[] {
  const here = stack.at(-1)!
  if (words[0] === 'end') return stack.slice(0, 1)
  if (isExit(words)) return stack.length > 1 ? stack.slice(0, -1) : stack
  if (words[0] === 'no') return takeBack(stack, words.slice(1))
  const opener = openerOf(words, here.kind)
  if (opener) return open(stack, opener)
  return set(stack, words)
}

const isExit = (words: readonly string[]): boolean =>
  words.length === 1 && (words[0] === 'quit' || /^exit(-address-family|-vrf)?$/.test(words[0]!))

function open(stack: Draft[], opener: Opener): Draft[] {
  const outer = climb(stack, opener.inside)
  const parent = outer.at(-1)!
  const known = parent.contexts.get(opener.key)
  // The same entry with another action, or another ASN: FRR keeps what is inside.
  const context = known ? { ...known, opener: opener.line } : draftOf(opener)
  if (!known || known.opener !== opener.line) parent.contexts.set(opener.key, context)
  return [...outer, parent.contexts.get(opener.key)!]
}

function climb(stack: Draft[], kind: Kind): Draft[] {
  const at = stack.findLastIndex((context) => context.kind === kind)
  return stack.slice(0, at + 1)
}

interface Place {
  readonly context: Draft
  /** Where FRR stands after the line. */
  readonly after: Draft[]
}

/** `network` right under `router bgp` means IPv4 unicast, and FRR stays under `router bgp`. */
function placeOf(stack: Draft[], words: readonly string[]): Place {
  const here = stack.at(-1)!
  const home = homeOf(here.kind, words)
  if (here.kind === 'router' && home === 'family') {
    const line = 'address-family ipv4 unicast'
    const inner = open(stack, { kind: 'family', inside: 'router', key: line, line })
    return { context: inner.at(-1)!, after: stack }
  }
  const after = home === here.kind ? stack : climb(stack, home)
  return { context: after.at(-1)!, after }
}

function set(stack: Draft[], words: readonly string[]): Draft[] {
  const { context, after } = placeOf(stack, words)
  const { kind, lines } = context
  const shown = canonicalWords(kind, kind === 'file' ? numbered(words, lines) : words)
  const slot = slotOf(kind, shown)
  if (kind === 'router' && slot.endsWith(' bfd profile')) impliedBfd(lines, slot)
  if (saysDefault(kind, shown)) lines.delete(slot)
  else lines.set(slot, shown.join(' '))
  return after
}

/** FRR shows two lines for a neighbour whose BFD has a profile. */
function impliedBfd(lines: Map<string, string>, profileSlot: string): void {
  const plain = profileSlot.slice(0, -' profile'.length)
  if (!lines.has(plain)) lines.set(plain, plain)
}

/** `no X` undoes an X that stood before; alone it is a setting of its own (`no bgp default …`). */
function takeBack(stack: Draft[], words: readonly string[]): Draft[] {
  const opener = openerOf(words, stack.at(-1)!.kind)
  if (opener) {
    const outer = climb(stack, opener.inside)
    outer.at(-1)!.contexts.delete(opener.key)
    return outer
  }
  const { context, after } = placeOf(stack, words)
  const { kind, lines } = context
  const shown = canonicalWords(kind, words)
  const slot = slotOf(kind, shown)
  const undoes = lines.has(slot) && !lines.get(slot)!.startsWith('no ')
  if (kind === 'router' && isWholeNeighbor(shown)) forgetNeighbor(context, shown[1]!)
  else if (undoes || kind === 'bfd-session' || isInactive(kind, shown)) lines.delete(slot)
  else lines.set(slot, `no ${shown.join(' ')}`)
  return after
}

/** No family is active unless a line says so: we always render `no bgp default ipv4-unicast`. */
const isInactive = (kind: Kind, words: readonly string[]): boolean =>
  kind === 'family' && words[2] === 'activate'

const isWholeNeighbor = (words: readonly string[]): boolean =>
  words[0] === 'neighbor' &&
  (words.length === 2 || words[2] === 'remote-as' || words.slice(2).join(' ') === 'peer-group')

function forgetNeighbor(router: Draft, name: string): void {
  for (const { lines } of [router, ...router.contexts.values()]) {
    for (const slot of lines.keys()) if (slot.startsWith(`neighbor ${name} `)) lines.delete(slot)
  }
}

/** FRR numbers list entries that come without a number: the next multiple of five. */
function numbered(words: readonly string[], lines: ReadonlyMap<string, string>): readonly string[] {
  const at = listNameAt(words)
  const isEntry = words[at! + 1] === 'permit' || words[at! + 1] === 'deny'
  if (at === undefined || !isEntry) return words
  const list = `${words.slice(0, at + 1).join(' ')} seq `
  const entry = words.slice(at + 1)
  let highest = 0
  for (const [slot, line] of lines) {
    if (!slot.startsWith(list)) continue
    if (line === `${slot} ${entry.join(' ')}`) return line.split(' ')
    highest = Math.max(highest, Number(slot.slice(list.length)))
  }
  const next = Math.floor(highest / 5) * 5 + 5
  return [...words.slice(0, at + 1), 'seq', String(next), ...entry]
}
