import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { speakerIn } from '../../test/support/status-scenes.ts'
import { StatusFeed } from './feed.ts'
import type { ProcessStatus } from './role-status.ts'
import type { AnswerRoute, StreamRoute } from './routes.ts'
import type { StatusReport, Summary } from './status-report.ts'

const well = { speaker: speakerIn() }
const down = { speaker: speakerIn({ down: { 'tor-b': '' } }) }

function open(
  first: ProcessStatus,
  options: { readonly soonMs?: number; readonly aliveMs?: number },
) {
  const at = { status: first }
  // Only what a test waits for comes by itself.
  const never = 1_000_000
  const feed = new StatusFeed({ look: () => at.status, soonMs: 1, aliveMs: never, ...options })
  const routes = new Map(feed.routes())
  const report = async (query = ''): Promise<StatusReport> => {
    const { answer } = routes.get('/status.json') as AnswerRoute
    return JSON.parse((await answer(new URLSearchParams(query))).text)
  }
  const listen = () => {
    const heard: Summary[] = []
    const end = new AbortController()
    const { stream } = routes.get('/events') as StreamRoute
    stream({ send: (data) => void heard.push(JSON.parse(data)), signal: end.signal })
    return { heard, end }
  }
  const show = (status: ProcessStatus) => {
    at.status = status
    feed.look()
  }
  return { feed, report, listen, show, at, [Symbol.dispose]: () => feed[Symbol.dispose]() }
}

test('who listens hears at once how it is, and whenever that is different', async () => {
  using feed = open(well, {})
  const { heard } = feed.listen()
  assert.equal(heard[0]!.headline.mood, 'well')
  feed.show(down)
  await eventually(() => assert.equal(heard.at(-1)!.headline.mood, 'bad'))
  assert.notEqual(heard.at(-1)!.revision, heard[0]!.revision)
  const report = await feed.report()
  assert.deepEqual(
    [report.revision, report.headline],
    [heard.at(-1)!.revision, heard.at(-1)!.headline],
  )
})

test('before the first pass it says so', async () => {
  using feed = open({ unready: 'no pass has succeeded yet' }, {})
  const { heard } = feed.listen()
  assert.equal(heard[0]!.headline.text, 'Starting: no pass has succeeded yet')
})

test('a pass that changes nothing is no other revision', async () => {
  using feed = open(well, {})
  const before = await feed.report()
  feed.show({ speaker: { ...well.speaker, plan: { ...well.speaker.plan! } } })
  assert.equal((await feed.report()).revision, before.revision)
})

test('a burst of changes is one event', async () => {
  using feed = open(well, { soonMs: 20 })
  const { heard } = feed.listen()
  for (const status of [down, well, down, well, down]) feed.show(status)
  await eventually(() => assert.equal(heard.length, 2))
  assert.equal(heard[1]!.headline.mood, 'bad')
  assert.equal((await feed.report()).changes.filter(({ topic }) => topic === 'session').length, 5)
})

test('what makes no pass is seen nevertheless, and the line is kept warm', async () => {
  using feed = open(well, { aliveMs: 1 })
  const { heard } = feed.listen()
  feed.at.status = { ...well, away: 'connection refused' }
  await eventually(() => assert.equal(heard.at(-1)!.headline.mood, 'warn'))
  const count = heard.length
  await eventually(() => assert.ok(heard.length > count + 2))
})

test('who has gone hears nothing', async () => {
  using feed = open(well, {})
  const [gone, there] = [feed.listen(), feed.listen()]
  gone.end.abort()
  feed.show(down)
  await eventually(() => assert.equal(there.heard.length, 2))
  assert.equal(gone.heard.length, 1)
})

test('the report is of what is asked for', async () => {
  using feed = open(well, {})
  const { speaker } = await feed.report('q=wiki&rows=1')
  assert.deepEqual([speaker!.services.total, speaker!.services.matching], [11, 1])
})
