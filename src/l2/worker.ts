// The thread of layer 2, an entry of its own in the bundle. A busy main thread does not delay an answer
// here, and its garbage is not ours. Nothing in it blocks: a thread that waits inside a call of the
// kernel keeps the whole process from ending.
import assert from 'node:assert/strict'
import { parentPort, workerData } from 'node:worker_threads'
import type { Order, Report, Setting } from './orders.ts'
import { Station } from './station.ts'

assert(parentPort, 'this is a worker of the speaker, not a program')
const port = parentPort
const report = (said: Report) => port.postMessage(said)

function open(): Station | undefined {
  try {
    return new Station(workerData as Setting, report)
  } catch (error) {
    // Trying again at once would not help: the main thread decides.
    report({ kind: 'refused', message: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

const station = open()
// Also after an exception: a descriptor would outlive the thread, and be a deaf member of its groups.
process.once('exit', () => station?.[Symbol.dispose]())
if (!station) port.close()
port.on('message', (order: Order) => {
  if (order.kind === 'change') station?.handle(order)
  if (order.kind === 'ring') station?.setRing(order.isWhole)
  if (order.kind === 'anew') station?.announceAnew()
  // Without sockets and the port nothing is left to wait for, and the thread ends by itself.
  if (order.kind === 'stop') {
    station?.[Symbol.dispose]()
    port.close()
  }
})
