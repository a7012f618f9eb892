// One story again, told line by line: node test/sim/replay.ts SEED [SIZE]
import { judge } from './judge.ts'
import { storyOf } from './story.ts'

const [seed, size] = process.argv.slice(2).map(Number)
if (seed === undefined || !Number.isInteger(seed)) {
  console.error('usage: node test/sim/replay.ts SEED [SIZE]')
  process.exit(2)
}
const story = storyOf(seed, size)
const { deeds, ...setting } = story
console.log(JSON.stringify(setting))
const { wrong, settledMs } = judge(story, (at, who, what) => {
  const { kind, ...rest } = 'kind' in what ? what : { kind: what.what, nodes: what.nodes }
  console.log(`${(at / 1_000).toFixed(3).padStart(9)}  ${who}  ${kind} ${JSON.stringify(rest)}`)
})
console.log(`quiet at ${story.quietAt / 1_000}, settled after ${settledMs / 1_000} s`)
for (const line of wrong) console.log(`WRONG ${line}`)
process.exitCode = wrong.length > 0 ? 1 : 0
