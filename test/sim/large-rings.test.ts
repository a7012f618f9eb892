// The same misfortunes in rings of up to two hundred: fewer seeds, because each costs seconds.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './judge.ts'
import { storyOf } from './story.ts'

const RINGS: readonly (readonly [size: number, seeds: number])[] =
  process.env.SIM === 'all'
    ? [
        [20, 60],
        [50, 20],
        [100, 4],
        [200, 2],
      ]
    : [[25, 3]]

for (const [size, seeds] of RINGS)
  for (let seed = 1; seed <= seeds; seed++)
    test(`a ring of ${size} agrees once all is quiet, seed ${seed}`, () => {
      const { wrong } = judge(storyOf(seed, size))
      const replay = `replay with node test/sim/replay.ts ${seed} ${size}`
      assert.deepEqual(wrong, [], `${replay}\n${wrong.slice(0, 10).join('\n')}`)
    })
