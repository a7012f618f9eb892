import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import {
  type Answer,
  frame,
  STATUS,
  STDERR,
  STDOUT,
  SUCCESS,
  serveExec,
} from '../../../test/support/exec-server.ts'
import { execInPod } from './pod-exec.ts'

const PROGRAM = {
  ...{ namespace: 'metallb-system', pod: 'speaker-x1', container: 'frr' },
  argv: ['vtysh', '-c', 'show version'],
}
const LIMITS = { timeoutMs: 5_000, bytesMax: 100 }

test('what a program prints, asked as the reader', async () => {
  await using server = await serveExec((socket) => {
    socket.write(frame(STDOUT, 'FRRouting '))
    socket.write(frame(STDERR, 'a remark'))
    socket.write(frame(STDOUT, '8.4.4\n'))
    socket.write(frame(STATUS, SUCCESS))
  })
  assert.equal(await execInPod(server.access, PROGRAM, LIMITS), 'FRRouting 8.4.4\n')
  const [request] = server.asked
  const { pathname, searchParams } = new URL(request!.url!, 'http://x')
  assert.equal(pathname, '/api/v1/namespaces/metallb-system/pods/speaker-x1/exec')
  assert.deepEqual(searchParams.getAll('command'), PROGRAM.argv)
  assert.equal(searchParams.get('container'), 'frr')
  assert.equal(request!.headers.authorization, 'Bearer of-the-reader')
})

test('a program that prints without end is cut', async () => {
  await using server = await serveExec((socket) => {
    for (let round = 0; round < 10; round++) socket.write(frame(STDOUT, 'x'.repeat(1000)))
    socket.write(frame(STATUS, SUCCESS))
  })
  assert.equal(await execInPod(server.access, PROGRAM, LIMITS), 'x'.repeat(100))
})

for (const [what, answer, expected] of [
  [
    'a program that fails',
    (socket: Duplex) => {
      socket.write(frame(STDERR, 'vtysh: not found'))
      socket.write(frame(STATUS, '{"status":"Failure","message":"exit code 127"}'))
    },
    /^Error: exit code 127: vtysh: not found$/,
  ],
  ['a reader without the right', 403, /no right to run programs in Pods \(pods\/exec\): 403/],
  ['a Pod that is gone', 404, /404/],
  [
    'a connection that breaks',
    (socket: Duplex) => socket.destroy(),
    /ended before the program did/,
  ],
  ['a program that hangs', () => {}, /not done within 0\.2 s/],
] as readonly (readonly [string, Answer | number, RegExp])[]) {
  test(what, async () => {
    await using server = await serveExec(answer)
    await assert.rejects(execInPod(server.access, PROGRAM, { ...LIMITS, timeoutMs: 200 }), expected)
  })
}
