// Any message that a member may send, for property tests: names of every length and script, numbers at
// their edges, tables of every state.
import fc from 'fast-check'
import {
  type Message,
  NODE_STATES,
  type PacketMessage,
  type PushPullNode,
  type Source,
  type StreamMessage,
} from './message.ts'
import type { Receiving, Sending } from './wire.ts'

const u32 = fc.oneof(
  fc.constantFrom(0, 1, 127, 128, 255, 256, 65535, 65536, 0x7fffffff, 0xffffffff),
  fc.nat({ max: 0xffffffff }),
)
const port = fc.oneof(fc.constantFrom(0, 127, 128, 255, 256, 7946, 65535), fc.nat({ max: 65535 }))
const name = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.constantFrom('a'.repeat(31), 'a'.repeat(32), 'a'.repeat(253), 'a'.repeat(512)),
)
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
const addr = fc.oneof(bytes(4, 4), bytes(16, 16))
const orNull = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null })

const source: fc.Arbitrary<Source> = fc.oneof(
  fc.constant({}),
  fc.record({
    sourceAddr: addr,
    sourcePort: port.filter((one) => one > 0),
    sourceNode: name,
  }),
)
const announced = fc.record({
  incarnation: u32,
  addr,
  port,
  meta: orNull(bytes(0, 512)),
  vsn: bytes(0, 6),
})
const accusation = fc.record({ incarnation: u32, node: name, from: name })

const of = <K extends Message['kind'], F extends object>(kind: K, fields: fc.Arbitrary<F>) =>
  fields.map((some) => ({ kind, ...some }))

const ping = of(
  'ping',
  fc
    .tuple(fc.record({ node: name, seqNo: u32 }), source)
    .map(([own, from]) => ({ ...own, ...from })),
)
const indirectPing = of(
  'indirectPing',
  fc
    .tuple(fc.record({ node: name, seqNo: u32, target: addr, port, nack: fc.boolean() }), source)
    .map(([own, from]) => ({ ...own, ...from })),
)
const ack = of('ack', fc.record({ seqNo: u32, payload: orNull(bytes(0, 300)) }))
const alive = of(
  'alive',
  fc.tuple(fc.record({ node: name }), announced).map(([own, of]) => ({ ...own, ...of })),
)
const user = of('user', fc.record({ payload: bytes(0, 300) }))

export const packetMessage: fc.Arbitrary<PacketMessage> = fc.oneof(
  ping,
  indirectPing,
  ack,
  of('nack', fc.record({ seqNo: u32 })),
  of('suspect', accusation),
  of('dead', accusation),
  alive,
  user,
)

const tableRow: fc.Arbitrary<PushPullNode> = fc
  .tuple(fc.record({ name, state: fc.constantFrom(...NODE_STATES) }), announced)
  .map(([own, of]) => ({ ...own, ...of }))

export const pushPull = of(
  'pushPull',
  fc.record({
    join: fc.boolean(),
    nodes: fc.array(tableRow, { maxLength: 6 }),
    userState: bytes(0, 200),
  }),
)

export const streamMessage: fc.Arbitrary<StreamMessage> = fc.oneof(
  ping,
  ack,
  pushPull,
  of('error', fc.record({ error: fc.string({ unit: 'grapheme', maxLength: 100 }) })),
  user,
)

/** Every way to send: compressed or not, sealed or not, with checksum, with label. */
export const sending: fc.Arbitrary<Sending> = fc.record(
  {
    crc: fc.boolean(),
    compress: fc.boolean(),
    seal: fc.constant({ key: new Uint8Array(32).fill(7), nonce: new Uint8Array(12).fill(8) }),
    label: fc.constant(Buffer.from('blue')),
  },
  { requiredKeys: [] },
)

/** Who hears what was sent so. */
export const receiverOf = ({ seal, label }: Sending): Receiving => ({
  keys: seal ? [seal.key] : [],
  ...(label && { label }),
})
