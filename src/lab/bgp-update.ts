// The UPDATE message → routes announced and withdrawn, both families (RFC 4271, 4760, 1997, 8092). Apart
// from bgp.ts, because it is most of the protocol.
import { type Bad, Cursor, Malformed, orBad } from './bgp-bytes.ts'

export interface Attributes {
  nextHop: string
  asPath: number[]
  origin?: number
  med?: number
  localPref?: number
  communities: string[]
  largeCommunities: string[]
}

export interface Announced extends Attributes {
  prefix: string
}

export interface Update {
  readonly announced: Announced[]
  readonly withdrawn: string[]
  /** The peer has now sent everything it had for this family (RFC 4724 §2). */
  readonly endOfRib?: 'ipv4' | 'ipv6'
}

export function parseUpdate(body: Buffer): Update | Bad {
  return orBad(() => {
    const at = new Cursor(body)
    const withdrawn = prefixes(at.part(at.uint(2)), 4)
    const attributes = at.part(at.uint(2))
    const empty = attributes.done
    const read = readAttributes(attributes)
    const plain = prefixes(at, 4)
    if (plain.length > 0 && read.nextHop === '') throw new Malformed('routes without a next hop')
    const { reach, unreach, ...common } = read
    const announced = [
      ...plain.map((prefix) => ({ prefix, ...common })),
      ...reach.prefixes.map((prefix) => ({ prefix, ...common, nextHop: reach.nextHop })),
    ]
    const update = { announced, withdrawn: [...withdrawn, ...(unreach?.prefixes ?? [])] }
    if (update.announced.length + update.withdrawn.length > 0) return update
    if (unreach) return { ...update, endOfRib: unreach.afi === 2 ? 'ipv6' : 'ipv4' }
    return empty ? { ...update, endOfRib: 'ipv4' } : update
  })
}

interface ReadAttributes extends Attributes {
  reach: { nextHop: string; prefixes: string[] }
  unreach: { afi: number; prefixes: string[] } | undefined
}

function readAttributes(at: Cursor): ReadAttributes {
  const read: ReadAttributes = {
    ...{ nextHop: '', asPath: [], communities: [], largeCommunities: [] },
    ...{ reach: { nextHop: '', prefixes: [] }, unreach: undefined },
  }
  while (!at.done) {
    const flags = at.uint(1)
    const code = at.uint(1)
    // Bit 4: the length has two bytes (RFC 4271 §4.3).
    readAttribute(read, code, at.part(at.uint(flags & 0x10 ? 2 : 1)))
  }
  return read
}

function readAttribute(read: ReadAttributes, code: number, at: Cursor): void {
  switch (code) {
    case 1:
      read.origin = at.uint(1)
      return
    case 2:
      read.asPath = asPath(at)
      return
    case 3:
      read.nextHop = address(at.take(4))
      return
    case 4:
      read.med = at.uint(4)
      return
    case 5:
      read.localPref = at.uint(4)
      return
    case 8:
      while (!at.done) read.communities.push(`${at.uint(2)}:${at.uint(2)}`)
      return
    case 14:
      read.reach = reach(at)
      return
    case 15: {
      const afi = at.uint(2)
      at.uint(1)
      read.unreach = { afi, prefixes: prefixes(at, afi === 2 ? 16 : 4) }
      return
    }
    case 32:
      while (!at.done) {
        read.largeCommunities.push(`${at.uint(4)}:${at.uint(4)}:${at.uint(4)}`)
      }
  }
}

/** Segments one after the other; sets do not occur in what a speaker originates. */
function asPath(at: Cursor): number[] {
  const path: number[] = []
  while (!at.done) {
    at.uint(1)
    const count = at.uint(1)
    for (let index = 0; index < count; index++) path.push(at.uint(4))
  }
  return path
}

function reach(at: Cursor): { nextHop: string; prefixes: string[] } {
  const bytes = at.uint(2) === 2 ? 16 : 4
  at.uint(1)
  // For IPv6 a link-local address may follow the global one (RFC 2545 §3).
  const nextHops = at.part(at.uint(1))
  const nextHop = address(nextHops.take(bytes))
  at.uint(1)
  return { nextHop, prefixes: prefixes(at, bytes) }
}

function prefixes(at: Cursor, bytes: 4 | 16): string[] {
  const list: string[] = []
  while (!at.done) {
    const length = at.uint(1)
    if (length > bytes * 8) throw new Malformed(`prefix length ${length}`)
    const whole = Buffer.alloc(bytes)
    at.take(Math.ceil(length / 8)).copy(whole)
    list.push(`${address(whole)}/${length}`)
  }
  return list
}

function address(bytes: Buffer): string {
  if (bytes.length === 4) return [...bytes].join('.')
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16))
  // The URL parser shortens an IPv6 host as RFC 5952 wants it.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
