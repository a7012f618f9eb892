// The program behind customer.ts.
//
//   node test/containerlab/support/customer-child.ts URL EVERY_MS      reports over IPC
import { get } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Visit } from './customer.ts'

const [url = '', everyMs] = process.argv.slice(2)
/** Longer than a lost first packet takes to be sent again: that one is slow, not lost. */
const PATIENCE_MS = 3000

function visit(): void {
  const at = Date.now()
  const report = (what: Omit<Visit, 'at'>) => process.send?.({ at, ...what } satisfies Visit)
  const failed = (error: NodeJS.ErrnoException) => report({ failed: error.code ?? error.name })
  const options = { agent: false, signal: AbortSignal.timeout(PATIENCE_MS) }
  get(url, options, (response) => {
    text(response).then((answer) => report({ answer }), failed)
  }).on('error', failed)
}

setInterval(visit, Number(everyMs))
process.on('disconnect', () => process.exit())
