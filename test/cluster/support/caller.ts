// Sends datagrams to addresses, one after the other, without end: then the kernel has to know who has
// each of them, and what it sends shows whom it believes. A process of its own, inside a namespace.
//
//   node test/cluster/support/caller.ts EVERY_MS      then a line of addresses for each change of mind
import { createSocket, type Socket } from 'node:dgram'
import { createInterface } from 'node:readline'

/** "Discard": whoever gets one keeps silent. */
export const CALL_PORT = 9

/** One for each address: what waits for an answer to "who has it" fills a socket's buffer. */
class Call implements Disposable {
  readonly #address: string
  readonly #socket: Socket

  constructor(address: string) {
    const family = address.includes(':') ? 6 : 4
    this.#address = address
    this.#socket = createSocket({
      type: `udp${family}`,
      lookup: (host, _options, found) => found(null, host, family),
    })
  }

  send(): void {
    if (this.#socket.getSendQueueCount() > 0) return
    // Nobody there, or no way there: that is what is being watched, and no reason to stop.
    this.#socket.send('?', CALL_PORT, this.#address, () => {})
  }

  [Symbol.dispose](): void {
    this.#socket.close()
  }
}

if (import.meta.main) {
  const calls = new Map<string, Call>()
  const callAll = () => {
    for (const call of calls.values()) call.send()
  }
  setInterval(callAll, Number(process.argv[2]))
  const wanted = createInterface({ input: process.stdin })
  wanted.on('line', (line) => {
    const addresses = new Set(line.split(' ').filter(Boolean))
    for (const [address, call] of calls) {
      if (addresses.has(address)) continue
      call[Symbol.dispose]()
      calls.delete(address)
    }
    for (const address of addresses) if (!calls.has(address)) calls.set(address, new Call(address))
  })
  wanted.on('close', () => process.exit(0))
}
