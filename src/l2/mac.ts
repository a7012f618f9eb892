// A hardware address as one number of 48 bits: compared and stored without an allocation, which is
// what the answers to a flood need. Text only at the edges. Apart because ARP and NDP share it.

import { readU32, writeU32 } from './bytes.ts'

export type Mac = number

export const BROADCAST: Mac = 0xffff_ffff_ffff

const TEXT = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i

/** Undefined when the text is no hardware address of six bytes. */
export function parseMac(text: string): Mac | undefined {
  return TEXT.test(text) ? Number.parseInt(text.replaceAll(':', ''), 16) : undefined
}

export function macText(mac: Mac): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:')
}

export function readMac(bytes: Uint8Array, at: number): Mac {
  return ((bytes[at]! << 8) | bytes[at + 1]!) * 2 ** 32 + readU32(bytes, at + 2)
}

export function writeMac(bytes: Uint8Array, at: number, mac: Mac): void {
  const high = Math.floor(mac / 2 ** 32)
  bytes[at] = high >>> 8
  bytes[at + 1] = high
  writeU32(bytes, at + 2, mac)
}

/** One station: not a group, and not the zeros of a sender who does not know its own. */
export const isStation = (mac: Mac): boolean => mac !== 0 && (Math.floor(mac / 2 ** 40) & 1) === 0
