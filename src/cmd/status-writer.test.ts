import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { openLog } from '../log.ts'
import { StatusWriter } from './status-writer.ts'

interface Wish {
  readonly kind: string
  readonly objects: readonly string[]
}

const FOREVER_MS = 3_600_000

function writing(everyMs: number, fails: (wish: Wish) => boolean = () => false) {
  const written: string[] = []
  const writer = new StatusWriter<Wish>({
    write: async (wish) => {
      if (fails(wish)) throw new Error('the disk is full')
      written.push(`${wish.kind} ${wish.objects.join()}`)
    },
    ...{ log: openLog('none'), everyMs },
  })
  const wish = (...objects: string[]) => writer.wish({ kind: 'Pool', objects })
  return { written, writer, wish }
}

test('the first wish is written at once, and of those after it the last, at the end', async () => {
  const { written, writer, wish } = writing(FOREVER_MS)
  wish('1')
  await eventually(() => assert.deepEqual(written, ['Pool 1']))
  for (const one of ['2', '3', '4']) wish(one)
  await writer.finish()
  assert.deepEqual(written, ['Pool 1', 'Pool 4'])
})

test('without a pause between them a later wish follows by itself', async () => {
  const { written, writer, wish } = writing(0)
  wish('1')
  await eventually(() => assert.deepEqual(written, ['Pool 1']))
  wish('2')
  await eventually(() => assert.deepEqual(written, ['Pool 1', 'Pool 2']))
  await writer.finish()
})

test('the very same objects again are no wish', async () => {
  const { written, writer, wish } = writing(0)
  wish('1')
  await eventually(() => assert.equal(written.length, 1))
  wish('1')
  await writer.finish()
  // The one of `finish`.
  assert.deepEqual(written, ['Pool 1', 'Pool 1'])
})

test('the end says when the last wish cannot be written', async () => {
  const { writer, wish } = writing(FOREVER_MS, ({ objects }) => objects[0] === '2')
  wish('1')
  wish('2')
  await assert.rejects(writer.finish(), /the disk is full/)
})
