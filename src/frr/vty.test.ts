import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { LINE_BYTES_MAX, parseReplies, Vty } from './vty.ts'
import { VtyServer, type VtyServerOptions } from './vty-server.ts'

const dir = await mkdtemp(join(tmpdir(), 'vty-'))
after(() => rm(dir, { recursive: true }))

let count = 0
async function connected(options: VtyServerOptions) {
  const path = join(dir, `${count++}.vty`)
  const server = await VtyServer.open(path, options)
  const vty = await Vty.open(path)
  return { server, vty, path }
}

const reply = (text: string, status: number): Buffer =>
  Buffer.concat([Buffer.from(text), Buffer.from([0, 0, 0, status])])

test('a command gets its text and status', async () => {
  const { server, vty } = await connected({ override: (line) => [`you said ${line}\n`, 13] })
  await using _ = server
  await using __ = vty
  assert.deepEqual(await vty.request('hello'), { status: 13, text: 'you said hello\n' })
})

test('answers come in order, also when each byte comes alone', async () => {
  const bytewise = (socket: Socket, bytes: Buffer): void => {
    for (const byte of bytes) socket.write(Buffer.from([byte]))
  }
  const { server, vty } = await connected({
    override: (line) => [line.repeat(9), 0],
    write: bytewise,
  })
  await using _ = server
  await using __ = vty
  const lines = Array.from({ length: 300 }, (_, i) => `line ${i}`)
  const replies = await vty.pipeline(lines)
  assert.deepEqual(
    replies.map((one) => one.text),
    lines.map((line) => line.repeat(9)),
  )
})

test('framing does not depend on where the bytes are cut', () => {
  const text = fc.string({ unit: 'grapheme-ascii' }).map((one) => one.replaceAll('\0', ''))
  const answers = fc.array(fc.tuple(text, fc.nat(255)), { maxLength: 5 })
  fc.assert(
    fc.property(answers, fc.nat(), (all, cut) => {
      const bytes = Buffer.concat(all.map(([one, status]) => reply(one, status)))
      const at = bytes.length === 0 ? 0 : cut % bytes.length
      const first = parseReplies(bytes.subarray(0, at))
      const second = parseReplies(Buffer.concat([first.rest, bytes.subarray(at)]))
      const got = [...first.replies, ...second.replies]
      assert.deepEqual(
        got,
        all.map(([one, status]) => ({ text: one, status })),
      )
      assert.equal(first.garbage || second.garbage, false)
    }),
  )
})

test('nothing more is sent once an answer is no success', async () => {
  const { server, vty } = await connected({
    override: (line) => (line === 'line 3' ? ['% no', 13] : ['', 0]),
  })
  await using _ = server
  await using __ = vty
  const replies = await vty.pipeline(Array.from({ length: 1000 }, (_, i) => `line ${i}`))
  assert.equal(replies.length, 256)
  assert.equal(
    replies.findIndex((one) => one.status !== 0),
    3,
  )
})

test('never more than 256 commands are under way', async () => {
  let [open, most] = [0, 0]
  const held: (() => void)[] = []
  const { server, vty } = await connected({
    override: () => {
      most = Math.max(most, ++open)
      return ['', 0]
    },
    write: (socket, bytes) => {
      held.push(() => {
        open--
        socket.write(bytes)
      })
      if (held.length === 256) for (const release of held.splice(0)) release()
    },
  })
  await using _ = server
  await using __ = vty
  assert.equal((await vty.pipeline(new Array(512).fill('x'))).length, 512)
  assert.equal(most, 256)
})

for (const [name, bytes, message] of [
  ['bytes that are no frame', Buffer.from([104, 105, 0, 1, 2, 3]), /does not speak FRR's VTY/],
  ['more answers than questions', Buffer.concat([reply('', 0), reply('', 0)]), undefined],
] as const) {
  test(`garbage ends the connection: ${name}`, async () => {
    const { server, vty } = await connected({
      override: () => ['', 0],
      write: (socket) => void socket.write(bytes),
    })
    await using _ = server
    const asked = vty.request('hello')
    if (message) await assert.rejects(asked, message)
    await vty.closed
    await assert.rejects(vty.request('again'), message ?? /what nobody asked/)
  })
}

test('the end of the connection rejects what waits, and what comes later', async () => {
  const { server, vty, path } = await connected({
    override: () => ['', 0],
    write: (socket) => void socket.destroy(),
  })
  await using _ = server
  await assert.rejects(
    vty.request('show version'),
    new RegExp(`behind ${path} closed the connection`),
  )
  await vty.closed
  assert.equal(vty.isOpen, false)
  await assert.rejects(vty.request('again'), /closed the connection/)
})

for (const [name, line, message] of [
  ['too long', 'x'.repeat(LINE_BYTES_MAX + 1), /4096 bytes/],
  ['too long in UTF-8', 'ä'.repeat(LINE_BYTES_MAX / 2 + 1), /bytes/],
  ['a line break', 'a\nb', /line break/],
  ['a NUL', 'a\0b', /NUL/],
] as const) {
  test(`a line FRR would not read as one is not sent: ${name}`, async () => {
    const { server, vty } = await connected({ override: () => ['', 0] })
    await using _ = server
    await using __ = vty
    await assert.rejects(vty.pipeline(['fine', line]), message)
    assert.deepEqual(server.lines, [])
  })
}

test('a socket that is not there says what to look at', async () => {
  await assert.rejects(Vty.open(join(dir, 'none.vty')), /none\.vty \(ENOENT\): the daemon is not/)
})
