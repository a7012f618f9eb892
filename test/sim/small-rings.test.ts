// Rings of two to nine through a thousand misfortunes. A seed that fails is printed with how to see it
// again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from './judge.ts'
import { storyOf } from './story.ts'

const SEEDS = process.env.SIM === 'all' ? 2_000 : 150

test(`${SEEDS} small rings agree once all is quiet, and accuse nobody who answers`, () => {
  const failed: string[] = []
  let accusations = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const verdict = judge(storyOf(seed))
    accusations += verdict.accusations
    if (verdict.wrong.length > 0)
      failed.push(`seed ${seed}, replay with node test/sim/replay.ts ${seed}`, ...verdict.wrong)
  }
  assert.equal(failed.join('\n'), '')
  // Stories in which nobody is ever lost would prove nothing.
  assert.ok(accusations > SEEDS, `only ${accusations} accusations`)
})
