// When a router's kernel learns a route, told by the kernel at once: what a packet would follow, the same
// for every make of router, and without asking again and again.
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import type { Netns } from './netns.ts'

export interface Seen {
  /** Milliseconds since 1970, with fractions. */
  first: number
  last: number
}

export interface RouteWatch extends AsyncDisposable {
  /** First and latest change of the route to this host; undefined while there was none. */
  seen(address: string): Seen | undefined
}

export function watchRoutes(netns: Netns): RouteWatch {
  const seen = new Map<string, Seen>()
  const child = execa('ip', ['-n', netns.id, '-o', 'monitor', 'route'], {
    buffer: false,
    reject: false,
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    // A host's route is printed without a length: "198.51.100.1 proto bgp …".
    const [address = ''] = line.split(' ')
    const now = performance.timeOrigin + performance.now()
    seen.set(address, { first: seen.get(address)?.first ?? now, last: now })
  })
  return {
    seen: (address) => seen.get(address),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await child
    },
  }
}
