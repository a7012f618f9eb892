// One packet socket at work: frames come in by the batch, and every answer to them leaves with one call.
// What is answered is decided in answer.ts; what is sent unasked leaves by the same socket.
import type { Outcome, Reply } from './answer.ts'
import { BATCH_FRAMES, Batch } from './batch.ts'
import type { Counters } from './counters.ts'
import { type Frame, frameOf } from './frame.ts'
import { receiveMessages, watchSocket } from './libc.ts'
import { Sender } from './sender.ts'
import { closeSocket, openPacketSocket, type PacketSocketOptions } from './socket.ts'

/** In a flood the event loop gets its turn after so many: orders and announcements go on. */
const BATCHES_PER_TURN = 16

export interface PacketSocketWork {
  readonly counters: Counters
  readonly answer: (frame: Frame, reply: Reply) => Outcome
  readonly onClaim: (outcome: Outcome, index: number) => void
}

export class PacketSocket implements Disposable {
  readonly #work: PacketSocketWork
  readonly #fd: number
  readonly #watch: Disposable
  readonly #received = new Batch()
  readonly #frame: Frame
  readonly #replies: Sender
  /** For what is sent unasked. */
  readonly announcements: Sender

  constructor(options: PacketSocketOptions, work: PacketSocketWork) {
    const { counters } = work
    this.#work = work
    this.#frame = frameOf(this.#received.bytes)
    this.#fd = openPacketSocket(options)
    this.#replies = new Sender(this.#fd, (slot) => counters.addResponse(slot))
    this.announcements = new Sender(this.#fd, (slot) => counters.addGratuitous(slot))
    this.#watch = watchSocket(this.#fd, () => this.#receive())
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]()
    closeSocket(this.#fd)
  }

  #receive(): void {
    for (let i = 0; i < BATCHES_PER_TURN; i++) {
      const count = receiveMessages(this.#fd, this.#received.vectorAt(0), BATCH_FRAMES)
      for (let nth = 0; nth < count; nth++) this.#take(nth)
      this.#replies.flush()
      if (count < BATCH_FRAMES) return
    }
  }

  #take(nth: number): void {
    const frame = this.#frame
    frame.at = this.#received.frameAt(nth)
    frame.length = this.#received.receivedLength(nth)
    frame.index = this.#received.receivedOn(nth)
    frame.packetType = this.#received.packetType(nth)
    const outcome = this.#work.answer(frame, this.#replies)
    this.#work.counters.addFrame(outcome.drop)
    if (outcome.claimed) this.#work.onClaim(outcome, frame.index)
    if (!outcome.asked) return
    this.#work.counters.addRequest(outcome.asked.slot)
    if (outcome.length > 0) this.#replies.push(frame.index, outcome.length, outcome.asked.slot)
  }
}
