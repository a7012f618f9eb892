// A client on the responder's LAN that measures: runs in a namespace of its own, one task and one JSON
// line of results per process. Waits by asking again and again, so that its own wake-up is not measured.
import { emptyArp, REQUEST, readArp, writeArp } from '../src/l2/arp.ts'
import { BATCH_FRAMES, Batch } from '../src/l2/batch.ts'
import { frameOf } from '../src/l2/frame.ts'
import { receiveMessages } from '../src/l2/libc.ts'
import { BROADCAST, type Mac, parseMac } from '../src/l2/mac.ts'
import { ARP_FILTER } from '../src/l2/packet-filter.ts'
import { Sender } from '../src/l2/sender.ts'
import { openPacketSocket } from '../src/l2/socket.ts'

export type Task =
  /** One request every few milliseconds: how long until the answer is here, each in microseconds. */
  | { readonly kind: 'latency'; readonly targets: readonly number[]; readonly requests: number }
  /** Always so many requests unanswered: answers per second. */
  | { readonly kind: 'flood'; readonly targets: readonly number[]; readonly forMs: number }
  /** When the last of so many frames came, as `wallNow()`. */
  | { readonly kind: 'hear'; readonly frames: number }

export interface TaskOptions {
  readonly task: Task
  /** Of the interface. */
  readonly index: number
  readonly mac: string
}

const OUTSTANDING = 64
const GAP_MS = 5
const WARM_UP = 50
const LOST_MS = 1000

class Client {
  readonly #batch = new Batch()
  readonly #frame = frameOf(this.#batch.bytes)
  readonly #packet = emptyArp()
  readonly #fd = openPacketSocket({ protocol: 0x0806, filter: ARP_FILTER, note: () => {} })
  readonly #sender = new Sender(this.#fd, () => {})
  readonly #index: number
  readonly #mac: Mac

  constructor({ index, mac }: TaskOptions) {
    this.#index = index
    this.#mac = parseMac(mac)!
  }

  latency(targets: readonly number[], requests: number): number[] {
    const samples: number[] = []
    for (let i = -WARM_UP; i < requests; i++) {
      // The responder sleeps meanwhile; whoever measures stays warm.
      for (const end = performance.now() + GAP_MS; performance.now() < end; ) this.receive()
      const target = targets[(i + WARM_UP) % targets.length]!
      const began = performance.now()
      this.ask(target)
      this.#sender.flush()
      let took = 0
      while (!this.receive().includes(target) && took < LOST_MS) took = performance.now() - began
      if (i >= 0) samples.push((performance.now() - began) * 1000)
    }
    return samples
  }

  flood(targets: readonly number[], forMs: number): number {
    let next = 0
    let answers = 0
    let heardAt = performance.now()
    const began = heardAt
    const ask = (count: number) => {
      for (let i = 0; i < count; i++) this.ask(targets[next++ % targets.length]!)
      this.#sender.flush()
    }
    ask(OUTSTANDING)
    for (let now = began; now < began + forMs; now = performance.now()) {
      const heard = this.receive().length
      answers += heard
      if (heard > 0) {
        heardAt = now
        ask(heard)
      } else if (now > heardAt + 50) {
        // Some were lost: without new ones it would be silent for good.
        heardAt = now
        ask(OUTSTANDING)
      }
    }
    return (answers / (performance.now() - began)) * 1000
  }

  hear(frames: number): number {
    let heard = 0
    while (heard < frames) heard += this.receive().length
    return performance.timeOrigin + performance.now()
  }

  ask(target: number): void {
    const length = writeArp(this.#sender.bytes, this.#sender.at, {
      ...{ destination: BROADCAST, source: this.#mac, operation: REQUEST },
      ...{ senderMac: this.#mac, senderAddress: 0xc633_6402 },
      ...{ targetMac: 0, targetAddress: target },
    })
    this.#sender.push(this.#index, length, 0)
  }

  /** The senders of what is there. */
  receive(): number[] {
    const count = receiveMessages(this.#fd, this.#batch.vectorAt(0), BATCH_FRAMES)
    return Array.from({ length: count }, (_, nth) => {
      this.#frame.at = this.#batch.frameAt(nth)
      this.#frame.length = this.#batch.receivedLength(nth)
      readArp(this.#frame, this.#packet)
      return this.#packet.senderAddress
    })
  }
}

const options = JSON.parse(process.argv[2]!) as TaskOptions
const client = new Client(options)
process.stdout.write('listening\n')
process.stdout.write(`${JSON.stringify(run(options.task))}\n`)

function run(task: Task): number | number[] {
  switch (task.kind) {
    case 'latency':
      return client.latency(task.targets, task.requests)
    case 'flood':
      return client.flood(task.targets, task.forMs)
    case 'hear':
      return client.hear(task.frames)
  }
}
