// A way to a port of this machine that can be shut while the port itself stays in reach for others:
// whoever goes through it loses its connections, and is refused until it is open again.
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { pipeline } from 'node:stream'

export class Gate implements AsyncDisposable {
  readonly #target: number
  readonly #server = createServer((guest) => this.#lead(guest))
  readonly #guests = new Set<Socket>()
  #port = 0

  constructor(target: number) {
    this.#target = target
  }

  /** Of this machine's loopback; the same again after `shut`. */
  get port(): number {
    return this.#port
  }

  async open(): Promise<this> {
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  async shut(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const guest of this.#guests) guest.resetAndDestroy()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.shut()
  }

  #lead(guest: Socket): void {
    this.#guests.add(guest)
    guest.on('close', () => this.#guests.delete(guest))
    const host = connect(this.#target, '127.0.0.1')
    // An end that breaks takes the other with it, and whoever asked sees a connection that broke.
    pipeline(guest, host, guest, () => host.destroy())
  }
}
