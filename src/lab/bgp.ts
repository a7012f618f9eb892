// BGP-4 messages ↔ bytes, as much as a receiver needs (RFC 4271, 4760, 6793, 1997, 8092). Our own reading
// of the bytes, so that FRR and BIRD are not the only ones who say what we sent. Garbage never throws:
// it comes back as the reason why it is garbage.

const MARKER = Buffer.alloc(16, 0xff)
const HEADER = 19
const MESSAGE_MAX = 4096
/** AS_TRANS: what a 4-octet AS number writes into the 2-octet field (RFC 6793 §9). */
const AS_TRANS = 23456

export const TYPE = { open: 1, update: 2, notification: 3, keepalive: 4, refresh: 5 } as const

export interface Bad {
  readonly bad: string
}

export interface Message {
  readonly type: number
  readonly body: Buffer
  /** Bytes of the whole message: where the next one starts. */
  readonly length: number
}

/** The first message in the buffer; undefined while it is not there as a whole. */
export function readMessage(bytes: Buffer): Message | Bad | undefined {
  if (bytes.length < HEADER) return undefined
  if (!bytes.subarray(0, 16).equals(MARKER)) return { bad: 'the marker is not all ones' }
  const length = bytes.readUInt16BE(16)
  if (length < HEADER || length > MESSAGE_MAX) return { bad: `message length ${length}` }
  if (bytes.length < length) return undefined
  return { type: bytes.readUInt8(18), body: bytes.subarray(HEADER, length), length }
}

export function encodeMessage(type: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const tail = Buffer.alloc(3)
  tail.writeUInt16BE(HEADER + body.length)
  tail.writeUInt8(type, 2)
  return Buffer.concat([MARKER, tail, body])
}

export interface Open {
  readonly asn: number
  readonly holdTimeSeconds: number
  readonly routerId: string
}

export interface ReceivedOpen extends Open {
  /** By code; a code may come several times. */
  readonly capabilities: readonly { readonly code: number; readonly value: Buffer }[]
}

/** Both unicast families, route refresh and 4-octet AS numbers. */
export function encodeOpen({ asn, holdTimeSeconds, routerId }: Open): Buffer {
  const as4 = Buffer.alloc(4)
  as4.writeUInt32BE(asn)
  const capabilities = Buffer.concat([
    capability(1, Buffer.from([0, 1, 0, 1])),
    capability(1, Buffer.from([0, 2, 0, 1])),
    capability(2, Buffer.alloc(0)),
    capability(65, as4),
  ])
  const fixed = Buffer.alloc(5)
  fixed.writeUInt8(4)
  fixed.writeUInt16BE(asn > 0xffff ? AS_TRANS : asn, 1)
  fixed.writeUInt16BE(holdTimeSeconds, 3)
  const id = Buffer.from(routerId.split('.').map(Number))
  const parameters = Buffer.concat([Buffer.from([2, capabilities.length]), capabilities])
  return encodeMessage(
    TYPE.open,
    Buffer.concat([fixed, id, Buffer.from([parameters.length]), parameters]),
  )
}

const capability = (code: number, value: Buffer) =>
  Buffer.concat([Buffer.from([code, value.length]), value])

export function parseOpen(body: Buffer): ReceivedOpen | Bad {
  return orBad(() => {
    const at = new Cursor(body)
    const version = at.uint(1)
    if (version !== 4) throw new Malformed(`BGP version ${version}`)
    const as2 = at.uint(2)
    const holdTimeSeconds = at.uint(2)
    const routerId = [...at.take(4)].join('.')
    const capabilities: { code: number; value: Buffer }[] = []
    const parameters = at.part(at.uint(1))
    while (!parameters.done) {
      const type = parameters.uint(1)
      const parameter = parameters.part(parameters.uint(1))
      // 2 is "capabilities"; the others are long gone from practice.
      while (type === 2 && !parameter.done) {
        const code = parameter.uint(1)
        capabilities.push({ code, value: parameter.take(parameter.uint(1)) })
      }
    }
    const as4 = capabilities.find(({ code }) => code === 65)?.value
    if (as4 && as4.length !== 4) throw new Malformed(`4-octet AS capability of ${as4.length} bytes`)
    return { asn: as4?.readUInt32BE() ?? as2, holdTimeSeconds, routerId, capabilities }
  })
}

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

class Malformed extends Error {}

function orBad<T>(parse: () => T): T | Bad {
  try {
    return parse()
  } catch (error) {
    if (error instanceof Malformed) return { bad: error.message }
    throw error
  }
}

/** Reads forward and never past its end. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  take(count: number): Buffer {
    const left = this.#bytes.length - this.#at
    if (count > left) throw new Malformed(`truncated: ${count} bytes wanted, ${left} left`)
    this.#at += count
    return this.#bytes.subarray(this.#at - count, this.#at)
  }

  uint(bytes: 1 | 2 | 4): number {
    return this.take(bytes).readUIntBE(0, bytes)
  }

  part(length: number): Cursor {
    return new Cursor(this.take(length))
  }
}
