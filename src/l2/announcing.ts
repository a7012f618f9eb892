// Runs the gratuitous announcements: sends what the step says, and comes back when it says so. Between
// two slices of a burst the event loop has its turn, so that whoever asks meanwhile is answered.
import {
  framesOf,
  Gratuitous,
  type GratuitousEvent,
  type GratuitousOptions,
  type Send,
  writeAnnouncement,
  writeProbe,
} from './gratuitous.ts'
import { type Sender, UNCOUNTED } from './sender.ts'

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
    const { sends, probes, nextAt } = this.#gratuitous.step(event, now)
    for (const probe of probes) this.#ask(probe)
    for (const send of sends) this.#write(send)
    this.#senders.arp.flush()
    this.#senders.ndp.flush()
    this.#comeBack(nextAt - now)
  }

  [Symbol.dispose](): void {
    clearImmediate(this.#immediate)
    clearTimeout(this.#timer)
  }

  #ask(probe: Send): void {
    const sender = this.#senderOf(probe)
    const length = writeProbe(sender.bytes, sender.at, probe)
    if (length > 0) sender.push(probe.link.index, length, UNCOUNTED)
  }

  #write(send: Send): void {
    const { entry, link } = send
    const sender = this.#senderOf(send)
    for (let nth = 0; nth < framesOf(entry); nth++) {
      const length = writeAnnouncement(sender.bytes, sender.at, send, nth)
      if (length > 0) sender.push(link.index, length, entry.slot)
    }
  }

  #senderOf({ entry }: Send): Sender {
    return entry.address.family === 4 ? this.#senders.arp : this.#senders.ndp
  }

  #comeBack(afterMs: number): void {
    this[Symbol.dispose]()
    const tick = () => this.handle({ kind: 'tick' })
    if (afterMs <= 0) this.#immediate = setImmediate(tick)
    else if (Number.isFinite(afterMs)) this.#timer = setTimeout(tick, afterMs)
  }
}
