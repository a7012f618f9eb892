import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatImage, parseImage } from './image.ts'

const DIGEST = `sha256:${'0'.repeat(64)}`

for (const [text, image] of [
  ['ferrule', { repository: 'ferrule' }],
  ['ferrule:dev', { repository: 'ferrule', tag: 'dev' }],
  ['registry:5000/ferrule', { repository: 'registry:5000/ferrule' }],
  ['registry:5000/a/ferrule:v1', { repository: 'registry:5000/a/ferrule', tag: 'v1' }],
  [`ferrule@${DIGEST}`, { repository: 'ferrule', digest: DIGEST }],
] as const) {
  test(`the image ${text} in its parts, and whole again`, () => {
    assert.deepEqual(parseImage(text), image)
    assert.equal(formatImage(image), text)
  })
}

test('beside a digest a tag says nothing', () => {
  const image = parseImage(`ferrule:v1@${DIGEST}`)
  assert.deepEqual(image, { repository: 'ferrule', tag: 'v1', digest: DIGEST })
  assert.equal(formatImage(image), `ferrule@${DIGEST}`)
})
