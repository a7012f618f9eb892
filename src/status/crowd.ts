// How many may ask at once: connections of all and of one address, answers of all and of one
// connection, and how much of answers is in memory. What a connection holds is given back when it
// ends, whatever became of its answers.
import type { Socket } from 'node:net'
import { isLoopback } from './gate.ts'

/** Scrapers and people are few. One address may have a quarter, so that the kubelet finds room. */
export const CONNECTIONS = 256
const CONNECTIONS_OF_ONE = 64
/** New connections within a second: a handshake is a millisecond of the thread that plans. */
const ARRIVALS_OF_ONE = 50
const ARRIVALS = 500
const WINDOW_MS = 1_000

/** Being made, or made and not read yet: until then they are in our memory. */
const ANSWERS = 64
/** Of one connection, that asks again without waiting. */
const ANSWERS_OF_ONE = 4
/** Of answers that are not sent yet: a slow reader keeps its whole answer here. */
const UNSENT_BYTES = 64 * 1024 * 1024

interface Client {
  answers: number
  bytes: number
}

/** For one answer, until it has been sent. */
export interface Seat {
  /** False: there is no room for so much beside what others have not read. */
  hold(bytes: number): boolean
  leave(): void
}

export class Crowd {
  readonly #addresses = new Map<string, number>()
  /** By both ends: the socket of a request is another one with TLS, and below it this one. */
  readonly #clients = new Map<string, Client>()
  /** By address, within the window. */
  readonly #arrivals = new Map<string, number>()
  #arrived = 0
  #windowEnd = 0
  #answers = 0
  #bytes = 0

  /** False: its address has enough of them, or they come too fast. `now` in milliseconds. */
  enter(socket: Socket, now: number): boolean {
    const address = socket.remoteAddress ?? ''
    if (!isLoopback(address) && this.#isFast(address, now)) return false
    const count = this.#addresses.get(address) ?? 0
    if (count >= CONNECTIONS_OF_ONE) return false
    this.#addresses.set(address, count + 1)
    const client: Client = { answers: 0, bytes: 0 }
    const name = nameOf(socket)
    this.#clients.set(name, client)
    socket.once('close', () => {
      const left = this.#addresses.get(address)! - 1
      if (left > 0) this.#addresses.set(address, left)
      else this.#addresses.delete(address)
      this.#clients.delete(name)
      this.#answers -= client.answers
      this.#bytes -= client.bytes
    })
    return true
  }

  #isFast(address: string, now: number): boolean {
    if (now >= this.#windowEnd) {
      this.#arrivals.clear()
      this.#arrived = 0
      this.#windowEnd = now + WINDOW_MS
    }
    const count = (this.#arrivals.get(address) ?? 0) + 1
    if (count > ARRIVALS_OF_ONE || this.#arrived >= ARRIVALS) return true
    this.#arrivals.set(address, count)
    this.#arrived++
    return false
  }

  /** undefined: there is no room for one. */
  answer(socket: Socket): Seat | undefined {
    const name = nameOf(socket)
    const client = this.#clients.get(name)
    if (!client || client.answers >= ANSWERS_OF_ONE || this.#answers >= ANSWERS) return undefined
    client.answers++
    this.#answers++
    let held = 0
    let isLeft = false
    return {
      hold: (bytes) => {
        // One alone may be larger than all are meant to be: a plan is as large as its cluster.
        if (this.#bytes > 0 && this.#bytes + bytes > UNSENT_BYTES) return false
        held += bytes
        client.bytes += bytes
        this.#bytes += bytes
        return true
      },
      leave: () => {
        if (isLeft || this.#clients.get(name) !== client) return
        isLeft = true
        client.answers--
        client.bytes -= held
        this.#answers--
        this.#bytes -= held
      },
    }
  }
}

const nameOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`
