// List, then watch, and what to do when either ends: the steps of keeping a copy of one kind. Pure;
// `watch.ts` makes the requests. A page's objects pass through, so memory does not follow the list.
//
//   list ──page──► list ──last page──► watch ──closed──► watch
//    ▲  └─failed──► wait ──┐             │ └─failed─► wait ─► watch
//    └─────────────────────┘◄── expired ─┘
//
// Who waits is let go sooner by `back`: another request of ours was answered again.
import type { RawObject } from '../api/kinds.ts'
import { type Refusal, refusalOfEvent } from './api-error.ts'

/** So often in a row the same place may be unreadable; then it is left behind by a new list. */
const MALFORMED_MAX = 3
const FIRST_MS = 200
const MAX_MS = 30_000
/** A watch that ends sooner was no watch: opening the next at once might go on for ever. */
const SHORT_MS = 1_000
/**
 * Bookmarks come every minute where anything happens; one came, and then nothing for so long: the
 * connection only looks alive. Of a kind that nobody touches there are none, and a watch of it is
 * believed until the server should have ended it.
 */
export const SILENCE_MS = 150_000
/** Given to the server beyond the end that it was asked for. */
const OVERDUE_MS = 30_000
/** Those who wait come back spread over so long, or every watch of every node would in one moment. */
const SPREAD_MS = 1_000
/** A server that is up and down in turn does not make anybody ask more often than this. */
const BACK_MS = 5_000

export interface ListedObject extends RawObject {
  readonly metadata: RawObject['metadata'] & { readonly resourceVersion?: string }
}

export interface Reflection {
  /** Where to watch on; absent: list first. */
  readonly resourceVersion?: string
  /** Of the next page of the list that is under way. */
  readonly next?: string
  /** The server forgot the list before its last page: ask for all of it at once. */
  readonly whole: boolean
  /** In a row. */
  readonly failures: number
  /** The server has forgotten our version, and what came of the new list is not known yet. */
  readonly wasLost: boolean
  readonly isSynced: boolean
  readonly openedAt: number
  readonly heardAt: number
  /** The watch that runs is a failure of the connection when nothing is heard for so long. */
  readonly hushMs: number
  /** Under way; the server itself may have asked not to be asked before a certain time. */
  readonly wait?: { readonly until: number; readonly askedUntil: number }
  /** When a wait was cut short last. */
  readonly backAt: number
  readonly silenceMs: number
}

export const reflection = (silenceMs = SILENCE_MS): Reflection => ({
  whole: false,
  failures: 0,
  wasLost: false,
  isSynced: false,
  openedAt: 0,
  heardAt: 0,
  hushMs: silenceMs,
  backAt: Number.NEGATIVE_INFINITY,
  silenceMs,
})

export type ReflectEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'changed'; readonly type: 'put' | 'remove'; readonly object: ListedObject }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string }
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly message: string; readonly refusal?: Refusal }
  /** A line that is no event. */
  | { readonly kind: 'malformed' }
  /** The wait is over. */
  | { readonly kind: 'waited' }
  /** The server could not be reached, and now has answered somebody. */
  | { readonly kind: 'back' }
  /** Comes now and then during a watch. */
  | { readonly kind: 'tick' }

export interface Page {
  readonly items: readonly ListedObject[]
  readonly resourceVersion: string
  readonly next?: string
}

/** What to do next; one of them runs at any time, and a new one ends the one before. */
export type Doing =
  | { readonly kind: 'list'; readonly next?: string; readonly whole: boolean }
  | { readonly kind: 'watch'; readonly resourceVersion: string; readonly timeoutSeconds: number }
  | { readonly kind: 'wait'; readonly ms: number }

export type ReflectEffect =
  | Doing
  /** A list is asked for: what it does not name until `sweep` is gone. It may begin again before. */
  | { readonly kind: 'begin' }
  | { readonly kind: 'put'; readonly object: ListedObject }
  | { readonly kind: 'remove'; readonly object: ListedObject }
  | { readonly kind: 'sweep' }
  /** Everything there is has been told, for the first time. */
  | { readonly kind: 'synced' }
  | {
      readonly kind: 'failed'
      readonly message: string
      readonly status?: number
      readonly failures: number
    }
  | { readonly kind: 'recovered' }
  /** The server has forgotten our version. That is ordinary: all is listed anew. */
  | { readonly kind: 'expired'; readonly message: string }

export interface At {
  readonly now: number
  /** From 0 to 1. */
  readonly random: number
}

type Step = [Reflection, ReflectEffect[]]

export function step(state: Reflection, event: ReflectEvent, at: At): Step {
  switch (event.kind) {
    case 'start':
    case 'waited':
      return goOn(state, at)
    case 'page':
      return takePage(state, event.page, at)
    case 'changed': {
      const { object, type } = event
      return takeLine(state, object.metadata.resourceVersion, [{ kind: type, object }], at)
    }
    case 'bookmark': {
      const marked = { ...state, hushMs: state.silenceMs }
      return takeLine(marked, event.resourceVersion, [], at)
    }
    case 'closed':
      if (at.now - state.openedAt < SHORT_MS) {
        return fail(state, { message: 'the watch ended as soon as it began' }, at)
      }
      return goOn(state, at)
    case 'failed':
      return fail(state, event, at)
    case 'malformed':
      return fail(state, { message: 'a line of the watch is no event', isMalformed: true }, at)
    case 'back':
      return comeBack(state, at)
    case 'tick':
      return tick(state, at)
  }
}

/** Waited for after so many failures in a row: doubled each time up to a bound, half of it chance. */
export const backoffMs = (failures: number, random: number): number =>
  Math.round(Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20)) * (0.5 + random / 2))

function goOn({ wait: _over, ...state }: Reflection, at: At): Step {
  const { resourceVersion, next, whole } = state
  if (resourceVersion === undefined) {
    if (next !== undefined) return [state, [{ kind: 'list', whole, next }]]
    return [state, [{ kind: 'begin' }, { kind: 'list', whole }]]
  }
  // Spread, so that thousands of watches do not end in the same second.
  const timeoutSeconds = 300 + Math.floor(at.random * 300)
  const hushMs = Math.max(state.silenceMs, timeoutSeconds * 1000 + OVERDUE_MS)
  const opened = { ...state, openedAt: at.now, heardAt: at.now, hushMs }
  return [opened, [{ kind: 'watch', resourceVersion, timeoutSeconds }]]
}

function takePage(state: Reflection, { items, resourceVersion, next }: Page, at: At): Step {
  const told: ReflectEffect[] = items.map((object) => ({ kind: 'put', object }))
  if (next !== undefined) {
    const [after, doing] = goOn({ ...state, next }, at)
    return [after, [...told, ...doing]]
  }
  told.push({ kind: 'sweep' })
  if (state.failures > 0) told.push({ kind: 'recovered' })
  if (!state.isSynced) told.push({ kind: 'synced' })
  const { next: _done, ...rest } = state
  const listed = { ...rest, resourceVersion, whole: false, isSynced: true }
  const [after, doing] = goOn(listed, at)
  return [after, [...told, ...doing]]
}

function takeLine(
  state: Reflection,
  resourceVersion: string | undefined,
  told: ReflectEffect[],
  { now }: At,
): Step {
  const recovered: ReflectEffect[] = state.failures > 0 ? [{ kind: 'recovered' }] : []
  const version = resourceVersion === undefined ? {} : { resourceVersion }
  return [
    { ...state, ...version, failures: 0, wasLost: false, heardAt: now },
    [...recovered, ...told],
  ]
}

/** A watch that nothing comes from is a good one too, as long as it stands. */
function tick(state: Reflection, at: At): Step {
  if (at.now - state.heardAt >= state.hushMs) return goOn(state, at)
  if (at.now - state.openedAt < SHORT_MS) return [state, []]
  const told: ReflectEffect[] = state.failures > 0 ? [{ kind: 'recovered' }] : []
  return [{ ...state, failures: 0, wasLost: false }, told]
}

interface Failure {
  readonly message: string
  readonly refusal?: Refusal
  readonly isMalformed?: boolean
}

function fail(state: Reflection, failure: Failure, at: At): Step {
  const { message, refusal, isMalformed = false } = failure
  // A version that is forgotten is nobody's fault: the list goes at once, also when the server has
  // just come back from elsewhere. But not twice in a row.
  if (refusal && isExpired(refusal) && !state.wasLost) {
    const [next, doing] = goOn({ ...anew(state), wasLost: true }, at)
    return [next, [{ kind: 'expired', message }, ...doing]]
  }
  const failures = state.failures + 1
  const isLost = refusal ? isExpired(refusal) : isMalformed && failures >= MALFORMED_MAX
  const counted = { ...state, failures, wasLost: isLost }
  const failed: ReflectEffect = {
    ...{ kind: 'failed', message, failures },
    ...(refusal ? { status: refusal.status } : {}),
  }
  const askedMs = Math.min(refusal?.retryAfterMs ?? 0, MAX_MS)
  const ms = Math.max(askedMs, backoffMs(failures, at.random))
  const wait = { until: at.now + ms, askedUntil: at.now + askedMs }
  return [{ ...(isLost ? anew(counted) : counted), wait }, [failed, { kind: 'wait', ms }]]
}

function comeBack(state: Reflection, { now, random }: At): Step {
  const { wait, backAt } = state
  if (!wait || now - backAt < BACK_MS) return [state, []]
  const until = Math.max(wait.askedUntil, now + Math.round(random * SPREAD_MS))
  if (until >= wait.until) return [state, []]
  const sooner = { ...state, backAt: now, wait: { ...wait, until } }
  return [sooner, [{ kind: 'wait', ms: until - now }]]
}

/** The list starts over; what is known stays until it has been told again. */
function anew({ resourceVersion: _lost, next, ...rest }: Reflection): Reflection {
  return { ...rest, whole: rest.whole || next !== undefined }
}

/**
 * The server does not know the version any more (410), never will (400), or does not know it yet:
 * an etcd restored from a backup counts from further back.
 */
const isExpired = ({ status, reason, causes }: Refusal): boolean =>
  status === 410 ||
  status === 400 ||
  reason === 'Expired' ||
  reason === 'Gone' ||
  causes.includes('ResourceVersionTooLarge')

/** One line of a watch as an event; a line that is none is a failure of the connection. */
export function readLine(line: string, parse: (text: string) => unknown): ReflectEvent {
  const malformed: ReflectEvent = { kind: 'malformed' }
  let value: unknown
  try {
    value = parse(line)
  } catch {
    return malformed
  }
  const { type, object } = (value ?? {}) as { type?: unknown; object?: ListedObject }
  if (type === 'ERROR') {
    const refusal = refusalOfEvent(object)
    return { kind: 'failed', message: `${refusal.reason}: ${refusal.said}`, refusal }
  }
  const version = object?.metadata?.resourceVersion
  if (typeof version !== 'string') return malformed
  if (type === 'BOOKMARK') return { kind: 'bookmark', resourceVersion: version }
  if (typeof object?.metadata.name !== 'string') return malformed
  if (type === 'DELETED') return { kind: 'changed', type: 'remove', object }
  if (type === 'ADDED' || type === 'MODIFIED') return { kind: 'changed', type: 'put', object }
  return malformed
}
