// Somebody who uses addresses all the time: connects anew, again and again, and prints as JSON lines who
// answered. A process of its own in the client's network:
//   node test/containerlab/support/tcp-caller.ts 192.0.2.200 2001:db8:2::200
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Soon enough to measure a failover by, and long after an answer on a LAN is due. */
const GIVE_UP_MS = 100
const PAUSE_MS = 10

export interface Answer {
  /** Milliseconds since 1970, with fractions. */
  readonly at: number
  readonly address: string
  /** The node that answered. */
  readonly from: string
}

async function callForever(address: string): Promise<never> {
  for (;;) {
    const from = await call(address)
    const at = performance.timeOrigin + performance.now()
    if (from) process.stdout.write(`${JSON.stringify({ at, address, from } satisfies Answer)}\n`)
    await delay(PAUSE_MS)
  }
}

/** Empty when nobody answers. */
function call(address: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(80, address)
    socket.setEncoding('utf8')
    socket.setTimeout(GIVE_UP_MS, () => socket.destroy())
    socket.on('data', (part) => {
      text += part
    })
    // What went wrong does not matter here: there was no answer.
    socket.on('error', () => socket.destroy())
    socket.on('close', () => resolve(text))
  })
}

await Promise.all(process.argv.slice(2).map(callForever))
