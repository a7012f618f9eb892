// Starts receiver.ts as a process inside a namespace and keeps what it said: the handle that tests and
// benchmarks hold.

import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import type { Announced } from './bgp-update.ts'
import type { Netns } from './netns.ts'
import type { ReceiverEvent } from './receiver.ts'
import { type UntilOptions, until } from './until.ts'

export interface WitnessOptions {
  netns: Netns
  asn: number
  /** Defaults to every IPv4 address; "::" takes IPv6 sessions as well. */
  listen?: string
  port?: number
}

export interface Witness extends AsyncDisposable {
  /** Everything it said so far, oldest first; grows. */
  readonly events: readonly ReceiverEvent[]
  /** What a peer's routes are now, all updates taken together. */
  table(peer: string): Map<string, Announced>
  /** The first event, old or new, that fits. */
  event<K extends ReceiverEvent['event']>(
    kind: K,
    fits?: (event: Extract<ReceiverEvent, { event: K }>) => boolean,
    options?: UntilOptions,
  ): Promise<Extract<ReceiverEvent, { event: K }>>
}

export async function startWitness(options: WitnessOptions): Promise<Witness> {
  const { netns, asn, listen = '0.0.0.0', port = 179 } = options
  const program = [process.execPath, join(import.meta.dirname, 'receiver.ts')]
  const flags = ['--listen', listen, '--port', String(port), '--asn', String(asn)]
  const [file = '', ...args] = netns.command([...program, ...flags])
  const child = execa(file, args, { stderr: 'inherit', buffer: false, reject: false })
  const events: ReceiverEvent[] = []
  createInterface({ input: child.stdout }).on('line', (line) => events.push(JSON.parse(line)))
  const witness: Witness = {
    events,
    table: (peer) => tableOf(events, peer),
    event: (kind, fits = () => true, waiting = {}) =>
      until(
        `${kind} at the receiver in ${netns.id}`,
        () => events.find((event): event is never => event.event === kind && fits(event as never)),
        { everyMs: 2, ...waiting },
      ),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await child
    },
  }
  try {
    await witness.event('listening')
    return witness
  } catch (error) {
    await witness[Symbol.asyncDispose]()
    throw error
  }
}

function tableOf(events: readonly ReceiverEvent[], peer: string): Map<string, Announced> {
  const table = new Map<string, Announced>()
  for (const event of events) {
    if (!('peer' in event) || event.peer !== peer) continue
    if (event.event === 'closed') table.clear()
    if (event.event !== 'update') continue
    for (const prefix of event.withdrawn) table.delete(prefix)
    for (const route of event.announced) table.set(route.prefix, route)
  }
  return table
}
