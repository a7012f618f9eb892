// BGP-4 messages and OPEN ↔ bytes (RFC 4271, 5492, 6793), as much as a receiver needs. Our own reading of
// the bytes, so that FRR and BIRD are not the only ones who say what we sent. Garbage never throws: it
// comes back as the reason why it is garbage.
import { type Bad, Cursor, Malformed, orBad } from './bgp-bytes.ts'

export type { Announced } from './bgp-update.ts'

const MARKER = Buffer.alloc(16, 0xff)
const HEADER = 19
const MESSAGE_MAX = 4096
/** AS_TRANS: what a 4-octet AS number writes into the 2-octet field (RFC 6793 §9). */
const AS_TRANS = 23456

export const TYPE = { open: 1, update: 2, notification: 3, keepalive: 4, refresh: 5 } as const

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
