import assert from 'node:assert/strict'
import test from 'node:test'
import { onlyLocal } from './gate.ts'

for (const [from, host, passes] of [
  ['127.0.0.1', '127.0.0.1:17472', true],
  ['127.8.9.1', 'localhost:8080', true],
  ['::1', '[::1]:17472', true],
  ['::1', '[::1]', true],
  ['::ffff:127.0.0.1', 'localhost', true],
  ['192.0.2.1', 'localhost', false],
  ['2001:db8::1', '[::1]', false],
  ['::ffff:192.0.2.1', 'localhost', false],
  [undefined, 'localhost', false],
  ['127.0.0.1', 'evil.example:17472', false],
  ['127.0.0.1', 'localhost.evil.example', false],
  ['127.0.0.1', '127.0.0.1.evil.example', false],
  ['127.0.0.1', undefined, false],
] as const) {
  test(`from ${from} for ${host}: ${passes ? 'yes' : 'no'}`, async () => {
    const answer = await onlyLocal({ path: '/', authorization: undefined, from, host })
    assert.equal(answer?.status, passes ? undefined : 403)
  })
}
