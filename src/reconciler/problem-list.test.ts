import assert from 'node:assert/strict'
import test from 'node:test'
import { MESSAGE_MAX } from '../api/condition.ts'
import type { Problem } from '../config/problem.ts'
import { printProblems } from './problem-list.ts'

const problemOf = (name: string, message: string): Problem => ({
  ...{ kind: 'BGPPeer', namespace: 'm', name, path: 'spec.x', code: 'bad', message },
})
const many = (count: number) =>
  Array.from({ length: count }, (_, at) => problemOf(`p${at}`, 'must be something else'))

test('one problem a line', () => {
  const text = printProblems([problemOf('a', 'no'), problemOf('b', 'never')], 100)
  assert.equal(text, 'BGPPeer m/a spec.x: no\nBGPPeer m/b spec.x: never')
  assert.equal(printProblems([], 100), '')
})

test('what does not fit is counted, and all together is never too long', () => {
  for (let max = 200; max < 400; max++) {
    const lines = printProblems(many(50), max).split('\n')
    assert.ok(lines.join('\n').length <= max)
    const [, count] = /^and (\d+) more/.exec(lines.at(-1)!)!
    assert.equal(lines.length - 1 + Number(count), 50)
  }
})

test('a condition takes as much as the API server does', () => {
  const text = printProblems(many(10_000), MESSAGE_MAX)
  assert.ok(text.length <= MESSAGE_MAX)
  assert.ok(text.length > MESSAGE_MAX - 200)
})

test('one long problem neither hides the others nor breaks the lines', () => {
  const text = printProblems([problemOf('a', `x\n${'y'.repeat(40_000)}`), ...many(2)], 2_000)
  const [first, ...others] = text.split('\n')
  assert.equal(first!.length, 1_024)
  assert.match(first!, /^BGPPeer m\/a spec\.x: x y+…$/)
  assert.equal(others.length, 2)
})

test('no half of a character is left', () => {
  const { length } = 'BGPPeer m/a spec.x: '
  const text = printProblems([problemOf('a', '𝄞'.repeat(2_000))], 10_000)
  assert.ok(text.isWellFormed())
  const other = printProblems(
    [problemOf('a', `${'x'.repeat(length % 2)}x${'𝄞'.repeat(2_000)}`)],
    10_000,
  )
  assert.ok(other.isWellFormed())
})
