// What the two threads of layer 2 say to each other: the main thread orders, the worker reports.
// Plain values, as they are copied on their way.
import type { Address } from '../net/address.ts'
import type { L2Link } from './links.ts'

/** What the worker starts with. */
export interface Setting {
  readonly counters: SharedArrayBuffer
  readonly excluded: readonly string[]
  readonly refreshEveryMs: number | undefined
  readonly packetsPerSecond: number | undefined
}

export interface Placed {
  readonly address: Address
  /** Empty: all. */
  readonly interfaces: readonly string[]
  readonly slot: number
}

export type Order =
  /** New or changed ones, and those we answer for no longer. */
  | {
      readonly kind: 'change'
      readonly generation: number
      readonly put: readonly Placed[]
      readonly removed: readonly string[]
    }
  /** Are all nodes there that could answer in our place? */
  | { readonly kind: 'ring'; readonly isWhole: boolean }
  /** They may have answered in our place, having taken us for dead. */
  | { readonly kind: 'anew' }
  | { readonly kind: 'stop' }

export interface L2Conflict {
  readonly address: string
  readonly interface: string
  /** Of the other machine. */
  readonly mac: string
  /** When it was told last, in milliseconds since 1970. */
  readonly at: number
}

export type Report =
  /** It cannot open its sockets, and ends. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The first one says that everything is open and known. */
  | { readonly kind: 'links'; readonly links: readonly L2Link[] }
  /** One that answered before has its cable again. */
  | { readonly kind: 'link-back' }
  | { readonly kind: 'applied'; readonly generation: number }
  | { readonly kind: 'conflict' | 'conflict-over'; readonly conflict: L2Conflict }
  | { readonly kind: 'note'; readonly level: 'info' | 'warn'; readonly message: string }
