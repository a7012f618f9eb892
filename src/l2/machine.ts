// Can layer 2 work on this machine at all? Asked before the foreign calls are loaded, as they would
// only say that they have no binary.
import { endianness } from 'node:os'

/** Why not, or undefined. */
export function whyNoLayer2(): string | undefined {
  if (process.platform !== 'linux') return `layer 2 needs Linux, and this is ${process.platform}`
  // The memory shared with the kernel is laid out for these (batch.ts).
  if (endianness() === 'LE' && /64$/.test(process.arch)) return undefined
  return `layer 2 needs a 64-bit little endian machine, and this is ${process.arch}`
}
