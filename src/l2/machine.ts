// Can layer 2 work on this machine at all? Asked before the foreign calls are loaded, as they would
// only say that they have no binary.
import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

/** Why not, or undefined. */
export function whyNoLayer2(): string | undefined {
  if (process.platform !== 'linux') return `layer 2 needs Linux, and this is ${process.platform}`
  // The memory shared with the kernel is laid out for these (batch.ts).
  if (endianness() !== 'LE' || !/64$/.test(process.arch)) {
    return `layer 2 needs a 64-bit little endian machine, and this is ${process.arch}`
  }
  return hasNetRaw(readFileSync('/proc/self/status', 'utf8')) ? undefined : WITHOUT_NET_RAW
}

export const WITHOUT_NET_RAW =
  'layer 2 needs the capability NET_RAW to open packet sockets: add it to securityContext.capabilities.add of the speaker container'

const CAP_NET_RAW = 13n

/** `status`: of a process, as /proc shows it. */
export function hasNetRaw(status: string): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
  return (BigInt(`0x${effective}`) & (1n << CAP_NET_RAW)) !== 0n
}
