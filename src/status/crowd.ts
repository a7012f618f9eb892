// How many may ask at once: connections of all and of one address, answers of all and of one
// connection. What a connection holds is given back when it ends, whatever became of its answers.
import type { Socket } from 'node:net'

/** Scrapers and people are few. One address may have a quarter, so that the kubelet finds room. */
export const CONNECTIONS = 256
const CONNECTIONS_OF_ONE = 64
/** Being made, or made and not read yet: until then they are in our memory. */
const ANSWERS = 64
/** Of one connection, that asks again without waiting. */
const ANSWERS_OF_ONE = 4

interface Client {
  answers: number
}

export class Crowd {
  readonly #addresses = new Map<string, number>()
  /** By both ends: the socket of a request is another one with TLS, and below it this one. */
  readonly #clients = new Map<string, Client>()
  #answers = 0

  /** False: its address has enough of them. */
  enter(socket: Socket): boolean {
    const address = socket.remoteAddress ?? ''
    const count = this.#addresses.get(address) ?? 0
    if (count >= CONNECTIONS_OF_ONE) return false
    this.#addresses.set(address, count + 1)
    const client: Client = { answers: 0 }
    const name = nameOf(socket)
    this.#clients.set(name, client)
    socket.once('close', () => {
      const left = this.#addresses.get(address)! - 1
      if (left > 0) this.#addresses.set(address, left)
      else this.#addresses.delete(address)
      this.#clients.delete(name)
      this.#answers -= client.answers
    })
    return true
  }

  /** Call what it returns when the answer has been sent. undefined: there is no room for one. */
  answer(socket: Socket): (() => void) | undefined {
    const name = nameOf(socket)
    const client = this.#clients.get(name)
    if (!client || client.answers >= ANSWERS_OF_ONE || this.#answers >= ANSWERS) return undefined
    client.answers++
    this.#answers++
    let isDone = false
    return () => {
      if (isDone || this.#clients.get(name) !== client) return
      isDone = true
      client.answers--
      this.#answers--
    }
  }
}

const nameOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`
