// Keeps the table of links true: asks the kernel for all of it once, hears of every change, and asks
// again when the kernel says that something was lost, and now and then in case it did not say so.
import { getSystemErrorName } from 'node:util'
import {
  isSystemError,
  memoryOf,
  memoryWith,
  receiveBytes,
  sendBytes,
  watchSocket,
} from './libc.ts'
import type { LinkTable } from './links.ts'
import { type Dump, decodeRoute, encodeDump, type RouteMessage } from './rtnetlink.ts'
import { closeSocket, openRouteSocket } from './socket.ts'

const DUMP_EVERY_MS = 30_000
/** Where interfaces come and go without end no dump is whole; then what there is has to do. */
const TRIES_MAX = 3
/** The kernel fills at most half of this in one message of a dump. */
const RECEIVE_BYTES = 64 * 1024

export class LinkWatch implements Disposable {
  readonly #table: LinkTable
  readonly #onChange: () => void
  readonly #fd = openRouteSocket()
  readonly #buffer = memoryOf(RECEIVE_BYTES)
  readonly #watch: Disposable
  readonly #timer: NodeJS.Timeout
  #dump: { readonly what: Dump; readonly sequence: number; readonly tries: number } | undefined
  #sequence = 0
  /** The kernel works on one dump at a time; what is wanted meanwhile is asked for afterwards. */
  #isAgain = false
  #isDirty = false

  /** `onChange` is called after every complete dump, and after changes when no dump is under way. */
  constructor(table: LinkTable, onChange: () => void) {
    this.#table = table
    this.#onChange = onChange
    this.#watch = watchSocket(this.#fd, () => this.#receive())
    this.#timer = setInterval(() => this.#dumpAll(), DUMP_EVERY_MS)
    this.#dumpAll()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#watch[Symbol.dispose]()
    closeSocket(this.#fd)
  }

  #receive(): void {
    for (;;) {
      const length = this.#receiveOne()
      if (length === undefined) break
      for (const message of decodeRoute(this.#buffer.bytes.subarray(0, length))) {
        this.#take(message)
      }
    }
    // In the middle of a dump half of the interfaces would seem to be gone, or to have no addresses.
    if (!this.#isDirty || this.#dump) return
    this.#isDirty = false
    this.#onChange()
  }

  /** Its length; 0 when messages were lost, and there may be more. */
  #receiveOne(): number | undefined {
    try {
      return receiveBytes(this.#fd, this.#buffer)
    } catch (error) {
      if (!isSystemError(error, 'ENOBUFS')) throw error
      this.#dumpAll()
      return 0
    }
  }

  #take(message: RouteMessage): void {
    if (message.kind === 'done') {
      if (message.sequence === this.#dump?.sequence) this.#endDump(message.isTorn)
      return
    }
    if (message.kind === 'error') {
      const code = getSystemErrorName(-message.errno)
      throw new Error(`the kernel does not list its interfaces: ${code}`)
    }
    this.#isDirty = true
    this.#table.apply(message)
  }

  #dumpAll(): void {
    if (this.#dump) this.#isAgain = true
    else this.#begin('links')
  }

  #begin(what: Dump, tries = 1): void {
    this.#sequence += 1
    this.#dump = { what, sequence: this.#sequence, tries }
    this.#table.beginDump(what)
    sendBytes(this.#fd, memoryWith(encodeDump(what, this.#sequence)))
  }

  #endDump(isTorn: boolean): void {
    const { what, tries } = this.#dump!
    this.#dump = undefined
    if (isTorn && tries < TRIES_MAX) {
      this.#begin(what, tries + 1)
      return
    }
    // What a torn dump left out may well exist.
    if (!isTorn) this.#table.endDump()
    if (what === 'links') {
      this.#begin('addresses')
      return
    }
    this.#isDirty = true
    if (!this.#isAgain) return
    this.#isAgain = false
    this.#begin('links')
  }
}
