// Runs the gratuitous announcements: sends what the step says, and comes back when it says so. Between
// two slices of a burst the event loop has its turn, so that whoever asks meanwhile is answered.
import {
  framesOf,
  Gratuitous,
  type GratuitousEvent,
  type GratuitousOptions,
  type Send,
  writeAnnouncement,
} from './gratuitous.ts'
import type { Sender } from './sender.ts'

export interface AnnouncingSenders {
  readonly arp: Sender
  readonly ndp: Sender
}

export class Announcing implements Disposable {
  readonly #gratuitous: Gratuitous
  readonly #senders: AnnouncingSenders
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(options: GratuitousOptions, senders: AnnouncingSenders) {
    this.#gratuitous = new Gratuitous(options)
    this.#senders = senders
  }

  handle(event: GratuitousEvent): void {
    const now = performance.now()
    const { sends, nextAt } = this.#gratuitous.step(event, now)
    for (const send of sends) this.#write(send)
    this.#senders.arp.flush()
    this.#senders.ndp.flush()
    this.#comeBack(nextAt - now)
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
  }

  #write(send: Send): void {
    const { entry, link } = send
    const sender = entry.address.family === 4 ? this.#senders.arp : this.#senders.ndp
    for (let nth = 0; nth < framesOf(entry); nth++) {
      const length = writeAnnouncement(sender.bytes, sender.at, send, nth)
      if (length > 0) sender.push(link.index, length, entry.slot)
    }
  }

  #comeBack(afterMs: number): void {
    this[Symbol.dispose]()
    const tick = () => this.handle({ kind: 'tick' })
    if (afterMs <= 0) this.#immediate = setImmediate(tick)
    else if (Number.isFinite(afterMs)) this.#timer = setTimeout(tick, afterMs)
  }
}
