// Do the daemons of this node's FRR answer? Asked of each one by its own socket, as vtysh would; FRR's
// own watchdog is one of them.

import { join } from 'node:path'
import { Vty } from './vty.ts'

/** MetalLB's `/livez` asks for the same. */
export const LIVING = ['bfdd', 'bgpd', 'staticd', 'watchfrr', 'zebra'] as const

/** A prober waits some seconds. */
const SILENCE_MS = 2_000

/** Daemon → why it does not answer. */
export async function silentDaemons(runDir: string): Promise<ReadonlyMap<string, Error>> {
  const asked = await Promise.allSettled(LIVING.map((daemon) => ask(join(runDir, `${daemon}.vty`))))
  const silent = new Map<string, Error>()
  for (const [index, one] of asked.entries()) {
    if (one.status === 'rejected') silent.set(LIVING[index]!, one.reason as Error)
  }
  return silent
}

/** Whatever it says of it: an answer is an answer. */
async function ask(path: string): Promise<void> {
  await using vty = await Vty.open(path, { silenceMs: SILENCE_MS })
  await vty.request('show version')
}
