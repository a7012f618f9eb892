// Each message's type byte and its fields by their Go names. Datagrams and streams share these bodies;
// what is around them is wire.ts's and stream.ts's.
import { Drop } from './drop.ts'
import {
  addressField,
  bytes,
  bytesOrNull,
  flag,
  integer,
  name,
  nameOrEmpty,
  text,
  u16,
  u32,
} from './fields.ts'
import {
  type Ack,
  type Alive,
  type IndirectPing,
  type Message,
  NODE_STATES,
  type Ping,
  type PushPull,
  type PushPullNode,
  type User,
} from './message.ts'
import { packMap, type ReadMap, type WrittenMap } from './msgpack.ts'

/** The types whose whole body is one map, in datagrams and streams alike. */
export type MapMessage = Exclude<Message, PushPull | User>

export const TYPE = {
  ping: 0,
  indirectPing: 1,
  ack: 2,
  suspect: 3,
  alive: 4,
  dead: 5,
  pushPull: 6,
  compound: 7,
  user: 8,
  compress: 9,
  encrypted: 10,
  nack: 11,
  crc: 12,
  error: 13,
  label: 244,
} as const

/** What memberlist allows a node to say about itself; MetalLB's say nothing. */
const META_BYTES_MAX = 512
const VSN_BYTES_MAX = 6
const PAYLOAD_BYTES_MAX = 0xffff

export function encodeMapMessage(message: MapMessage): Buffer {
  return Buffer.concat([Uint8Array.of(TYPE[message.kind]), packMap(fieldsOf(message))])
}

function fieldsOf(message: MapMessage): WrittenMap {
  switch (message.kind) {
    case 'ping':
      return { Node: message.node, SeqNo: message.seqNo, ...sourceOf(message) }
    case 'indirectPing': {
      const { nack, node, port, seqNo, target } = message
      const fields = { Nack: nack, Node: node, Port: port, SeqNo: seqNo, Target: target }
      return { ...fields, ...sourceOf(message) }
    }
    case 'ack':
      return { Payload: message.payload, SeqNo: message.seqNo }
    case 'nack':
      return { SeqNo: message.seqNo }
    case 'suspect':
    case 'dead':
      return { From: message.from, Incarnation: message.incarnation, Node: message.node }
    case 'alive':
      return { Node: message.node, ...announcedOf(message) }
    case 'error':
      return { Error: message.error }
  }
}

/** Go leaves these three out when they are zero. */
function sourceOf({ sourceAddr, sourcePort, sourceNode }: Ping | IndirectPing): WrittenMap {
  return {
    SourceAddr: sourceAddr?.length ? sourceAddr : undefined,
    SourcePort: sourcePort || undefined,
    SourceNode: sourceNode || undefined,
  }
}

type Announced = Pick<PushPullNode, 'addr' | 'incarnation' | 'meta' | 'port' | 'vsn'>

function announcedOf({ addr, incarnation, meta, port, vsn }: Announced): WrittenMap {
  return { Addr: addr, Incarnation: incarnation, Meta: meta, Port: port, Vsn: vsn }
}

type Reader = (map: ReadMap) => MapMessage

const READERS: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [TYPE.ping, pingFrom],
  [TYPE.indirectPing, indirectPingFrom],
  [TYPE.ack, ackFrom],
  [TYPE.nack, (map) => ({ kind: 'nack', seqNo: u32(map, 'SeqNo') })],
  [TYPE.suspect, (map) => ({ kind: 'suspect', ...accusationFrom(map) })],
  [TYPE.dead, (map) => ({ kind: 'dead', ...accusationFrom(map) })],
  [TYPE.alive, aliveFrom],
  [TYPE.error, (map) => ({ kind: 'error', error: text(map, 'Error') })],
])
const TYPES: ReadonlySet<number> = new Set(Object.values(TYPE))

/** What to make of the map after this type byte; refused where no map follows one. */
export function readerOf(type: number | undefined): Reader {
  const reader = READERS.get(type ?? -1)
  if (!reader) throw new Drop(TYPES.has(type ?? -1) ? 'misplaced' : 'unknown-type')
  return reader
}

function pingFrom(map: ReadMap): Ping {
  const fields = { node: nameOrEmpty(map, 'Node'), seqNo: u32(map, 'SeqNo') }
  return { kind: 'ping', ...fields, ...sourceFrom(map) }
}

function indirectPingFrom(map: ReadMap): IndirectPing {
  return {
    kind: 'indirectPing',
    node: nameOrEmpty(map, 'Node'),
    seqNo: u32(map, 'SeqNo'),
    target: addressField(map, 'Target'),
    port: u16(map, 'Port'),
    nack: flag(map, 'Nack'),
    ...sourceFrom(map),
  }
}

function ackFrom(map: ReadMap): Ack {
  const payload = bytesOrNull(map, 'Payload', PAYLOAD_BYTES_MAX)
  return { kind: 'ack', seqNo: u32(map, 'SeqNo'), payload }
}

function aliveFrom(map: ReadMap): Alive {
  return { kind: 'alive', node: name(map, 'Node'), ...announcedFrom(map) }
}

function sourceFrom(map: ReadMap): Pick<Ping, 'sourceAddr' | 'sourcePort' | 'sourceNode'> {
  const isGiven = bytes(map, 'SourceAddr', 16).length > 0
  const sourcePort = u16(map, 'SourcePort')
  const sourceNode = nameOrEmpty(map, 'SourceNode')
  return {
    ...(isGiven && { sourceAddr: addressField(map, 'SourceAddr') }),
    ...(sourcePort > 0 && { sourcePort }),
    ...(sourceNode !== '' && { sourceNode }),
  }
}

function accusationFrom(map: ReadMap): { incarnation: number; node: string; from: string } {
  const incarnation = u32(map, 'Incarnation')
  return { incarnation, node: name(map, 'Node'), from: nameOrEmpty(map, 'From') }
}

function announcedFrom(map: ReadMap): Announced {
  return {
    incarnation: u32(map, 'Incarnation'),
    addr: addressField(map, 'Addr'),
    port: u16(map, 'Port'),
    meta: bytesOrNull(map, 'Meta', META_BYTES_MAX),
    vsn: bytes(map, 'Vsn', VSN_BYTES_MAX),
  }
}

/** One row of a table. Alone here the name is called `Name`. */
export function packNode(node: PushPullNode): Buffer {
  const state = { signed: NODE_STATES.indexOf(node.state) }
  return packMap({ Name: node.name, State: state, ...announcedOf(node) })
}

export function nodeFrom(map: ReadMap): PushPullNode {
  const state = NODE_STATES[integer(map, 'State', NODE_STATES.length - 1)]!
  return { name: name(map, 'Name'), state, ...announcedFrom(map) }
}
