// What memberlist itself wrote, from src/membership/vectors.json: its Go names as our messages, its hex
// as bytes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Message,
  NODE_STATES,
  type PacketMessage,
  type PushPullNode,
  type StreamMessage,
} from '../../src/membership/message.ts'
import { ROOT } from './source.ts'

export const VECTORS = JSON.parse(
  readFileSync(join(ROOT, 'src/membership/vectors.json'), 'utf8'),
) as Vectors

type Fields = Readonly<Record<string, unknown>>

interface Named {
  readonly name: string
  readonly decoded: Fields
}

interface Vectors {
  readonly keys: Readonly<Record<'aes128' | 'aes192' | 'aes256', string>>
  readonly keyDerivation: readonly Readonly<
    Record<'secretHex' | 'keyV013Hex' | 'keyV014Hex', string>
  >[]
  readonly messages: readonly (Named &
    Readonly<
      Record<
        'plainHex' | 'nonceHex' | 'encryptedHex' | 'aes128Hex' | 'crcPlainHex' | 'crcEncryptedHex',
        string
      >
    >)[]
  readonly encryptionVersion0: readonly Readonly<Record<'plainHex' | 'encryptedHex', string>>[]
  readonly aes192: Readonly<Record<'plainHex' | 'encryptedHex', string>>
  readonly label: Readonly<
    Record<
      'label' | 'packetAadHex' | 'packetPlainHex' | 'packetEncryptedHex' | 'streamEncryptedHex',
      string
    >
  >
  readonly streams: readonly (Named &
    Readonly<
      Record<
        | 'plainHex'
        | 'encryptedHex'
        | 'aadOfEncryptedHex'
        | 'compressedHex'
        | 'compressedEncryptedHex'
        | 'aadOfCompressedEncryptedHex',
        string
      >
    >)[]
  readonly pushpull200: {
    readonly first64Hex: string
    readonly plainLen: number
    readonly plainSha256: string
    readonly compressedLen: number
    readonly compressedSha256: string
  }
  readonly lzw: readonly (Readonly<Record<'inHex' | 'lzwHex', string>> | LargeLzw)[]
  readonly live: {
    readonly packets: readonly {
      readonly layers: readonly string[]
      readonly leaves: readonly Named[]
      readonly rawHex: string
      readonly plainHex: string
    }[]
    readonly streams: readonly {
      readonly what: string
      readonly rawHex: string
      readonly plainHex: string
      readonly inflatedHex: string
      readonly header?: Fields
      readonly nodes?: readonly Fields[]
    }[]
  }
}

/** The bytes come of a generator: `n` times x = x * 1664525 + 1013904223, of which the top byte. */
export interface LargeLzw {
  readonly n: number
  readonly inSha256: string
  readonly lzwLen: number
  readonly lzwSha256: string
}

/** A `Uint8Array`, not a `Buffer`: the assertions tell them apart. */
export const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
export const KEY = hex(VECTORS.keys.aes256)
export const RING = { keys: [KEY] }

export function messageOf({ name, decoded }: Named): Message {
  const kind = KINDS[name.replace(/^tcp-/, '').replace(/-.*/, '')]
  if (!kind) throw new Error(`no message of ours is called "${name}"`)
  const fields = Object.fromEntries(
    Object.entries(decoded)
      .filter(([key]) => !['Nodes', 'UserStateLen', 'UserMsgLen'].includes(key))
      .map(([key, value]) => [lowerFirst(key), bytesOr(value)]),
  )
  if (kind !== 'pushPull') return { kind, ...fields } as Message
  const nodes = decoded.nodes as readonly Fields[]
  const userState = new Uint8Array()
  return { kind, userState, join: false, ...fields, nodes: nodes.map(nodeOf) }
}

export const packetMessageOf = (named: Named): PacketMessage => messageOf(named) as PacketMessage
export const streamMessageOf = (named: Named): StreamMessage => messageOf(named) as StreamMessage

export function nodeOf(fields: Fields): PushPullNode {
  const values = Object.entries(fields).map(([key, value]) => [lowerFirst(key), bytesOr(value)])
  return { ...Object.fromEntries(values), state: NODE_STATES[fields.State as number]! }
}

const KINDS: Readonly<Record<string, Message['kind']>> = {
  ping: 'ping',
  indirectPing: 'indirectPing',
  ack: 'ack',
  nack: 'nack',
  suspect: 'suspect',
  alive: 'alive',
  dead: 'dead',
  user: 'user',
  err: 'error',
  pushpull: 'pushPull',
}
const lowerFirst = (key: string): string => key[0]!.toLowerCase() + key.slice(1)
const bytesOr = (value: unknown): unknown =>
  typeof value === 'string' && value.startsWith('hex:') ? hex(value.slice(4)) : value
