import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration, printDuration } from './duration.ts'

for (const [text, seconds] of [
  ['90s', 90],
  ['1m30s', 90],
  ['1.5h', 5400],
  ['300ms', 0.3],
  ['-5s', -5],
  ['+5s', 5],
  ['0', 0],
  ['.5s', 0.5],
  ['1h0m0s', 3600],
  ['90', undefined],
  ['', undefined],
  ['s', undefined],
  ['1 s', undefined],
  ['1d', undefined],
  ['1m30', undefined],
  ['9999999999h', undefined],
] as const) {
  test(`duration "${text}"`, () => assert.equal(parseDuration(text), seconds))
}

for (const [seconds, text] of [
  [0, '0s'],
  [90, '1m30s'],
  [3600, '1h0m0s'],
  [0.3, '300ms'],
  [1.5, '1.5s'],
  [-5, '-5s'],
] as const) {
  test(`${seconds} seconds print as ${text}`, () => {
    assert.equal(printDuration(seconds), text)
    assert.equal(parseDuration(text), seconds)
  })
}
