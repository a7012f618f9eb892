// Both ends of a stream over loopback, for the tests of each.
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Acceptor, type AcceptorOptions, openAcceptor } from '../../src/membership/acceptor.ts'
import type { DropReason } from '../../src/membership/drop.ts'
import { wireAddress } from '../../src/membership/endpoint.ts'
import { type PushPull, VSN } from '../../src/membership/message.ts'
import type { Asking } from '../../src/membership/tcp.ts'

export const STREAM_PORT = 27_946
const PLAIN = { keys: [] }

export const ping = (node: string) => ({ kind: 'ping', node, seqNo: 1 }) as const
export const table = (name: string, join = false): PushPull => ({
  ...{ kind: 'pushPull', join, userState: new Uint8Array() },
  nodes: [
    {
      ...{ name, addr: Uint8Array.of(127, 77, 0, 1), port: STREAM_PORT, meta: null, vsn: VSN },
      ...{ incarnation: 1, state: 'alive' },
    },
  ],
})

export async function accept(
  t: TestContext,
  address: string,
  change: Partial<AcceptorOptions> = {},
) {
  const tables: PushPull[] = []
  const drops: DropReason[] = []
  let evicted = 0
  const acceptor: Acceptor = await openAcceptor({
    ...{ address, port: STREAM_PORT, timeoutMs: 10_000, receiving: PLAIN, sending: () => ({}) },
    onTable: (asked) => {
      tables.push(asked)
      return table('a', asked.join)
    },
    onPing: ({ node, seqNo }) => (node === 'a' ? { kind: 'ack', seqNo, payload: null } : undefined),
    onDrop: (reason) => drops.push(reason),
    onEvicted: () => evicted++,
    ...change,
  })
  t.after(() => acceptor.close().catch(() => {}))
  return { acceptor, tables, drops, evicted: () => evicted }
}

export function toward(address: string): Asking {
  return {
    ...{
      to: { addr: wireAddress(address)!, port: STREAM_PORT },
      timeoutMs: 10_000,
      receiving: PLAIN,
      sending: () => ({}),
    },
    onDrop: (reason) => assert.fail(reason),
    signal: new AbortController().signal,
  }
}

/** Of an error, what it says lies behind it. */
export const complaint = (message: string) => (error: Error) => {
  assert.equal((error.cause as Error).message, message)
  return true
}
