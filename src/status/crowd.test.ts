import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import test from 'node:test'
import { Crowd } from './crowd.ts'

let port = 0
const socketFrom = (remoteAddress: string) =>
  Object.assign(new EventEmitter(), {
    ...{ remoteAddress, remotePort: ++port, localAddress: '192.0.2.1' },
  }) as unknown as Socket

/** How many of so many may enter. Each leaves at once. */
function entered(crowd: Crowd, count: number, now: number, addressOf: (at: number) => string) {
  let inside = 0
  for (let at = 0; at < count; at++) {
    const socket = socketFrom(addressOf(at))
    if (crowd.enter(socket, now)) inside++
    socket.emit('close')
  }
  return inside
}

test('one address may come so fast, and again in the next second', () => {
  const crowd = new Crowd()
  assert.equal(
    entered(crowd, 60, 0, () => '192.0.2.7'),
    50,
  )
  assert.equal(
    entered(crowd, 60, 999, () => '192.0.2.8'),
    50,
  )
  assert.equal(
    entered(crowd, 1, 999, () => '192.0.2.7'),
    0,
  )
  assert.equal(
    entered(crowd, 60, 1000, () => '192.0.2.7'),
    50,
  )
})

test('so may all of them together; who is on this machine always', () => {
  const crowd = new Crowd()
  assert.equal(
    entered(crowd, 1000, 0, (at) => `2001:db8::${at.toString(16)}`),
    500,
  )
  assert.equal(
    entered(crowd, 1000, 0, () => '127.0.0.1'),
    1000,
  )
})

test('one address has 64 connections at a time; one that ends makes room', () => {
  const crowd = new Crowd()
  const sockets = Array.from({ length: 65 }, () => socketFrom('127.0.0.1'))
  const inside = sockets.filter((socket) => crowd.enter(socket, 0))
  assert.equal(inside.length, 64)
  assert.equal(crowd.enter(socketFrom('::1'), 0), true)
  inside[0]!.emit('close')
  assert.equal(crowd.enter(socketFrom('127.0.0.1'), 0), true)
})

test('an answer holds what it says until it leaves, or its connection ends', () => {
  const crowd = new Crowd()
  const [one, two] = [socketFrom('127.0.0.1'), socketFrom('127.0.0.1')]
  for (const socket of [one, two]) assert.equal(crowd.enter(socket, 0), true)
  const [first, second] = [crowd.answer(one)!, crowd.answer(two)!]
  const much = 60 * 1024 * 1024
  assert.equal(first.hold(much), true)
  assert.equal(second.hold(much), false)
  first.leave()
  first.leave()
  assert.equal(second.hold(much), true)
  assert.equal(crowd.answer(one)!.hold(much), false)
  two.emit('close')
  second.leave()
  assert.equal(crowd.answer(one)!.hold(much), true)
})

test('who has not entered has no answer; four at a time of one connection', () => {
  const crowd = new Crowd()
  const socket = socketFrom('127.0.0.1')
  assert.equal(crowd.answer(socket), undefined)
  crowd.enter(socket, 0)
  const seats = Array.from({ length: 5 }, () => crowd.answer(socket))
  assert.deepEqual(
    seats.map((seat) => seat !== undefined),
    [true, true, true, true, false],
  )
  seats[0]!.leave()
  assert.notEqual(crowd.answer(socket), undefined)
})
