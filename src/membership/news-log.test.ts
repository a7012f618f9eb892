import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLog } from '../log.ts'
import { NewsLog } from './news-log.ts'

function open() {
  const lines: Record<string, unknown>[] = []
  const write = (line: string) => {
    const { ts: _, ...rest } = JSON.parse(line) as Record<string, unknown>
    lines.push(rest)
  }
  return { news: new NewsLog(openLog('info', { write })), lines }
}

test('what anybody may cause is counted each time and told once in ten minutes', () => {
  const { news, lines } = open()
  for (const now of [0, 1, 599_999, 600_000]) news.dropped('no-key', now)
  news.dropped('malformed', 2, { addr: Uint8Array.of(10, 0, 0, 1), port: 9 })
  assert.deepEqual(news.counts(), {
    dropped: { malformed: 1, 'no-key': 4 },
    happened: {},
  })
  assert.deepEqual(
    lines.map(({ reason, from }) => [reason, from]),
    [
      ['no-key', undefined],
      ['no-key', undefined],
      ['malformed', '10.0.0.1:9'],
    ],
  )
})

test('two speakers of one name are told with both addresses', () => {
  const { news, lines } = open()
  const at = (last: number) => ({ addr: Uint8Array.of(10, 0, 0, last), port: 7946 })
  news.fact({ what: 'conflict', node: 'iris1', held: at(1), refused: at(2) }, 0)
  assert.deepEqual(lines, [
    {
      ...{ level: 'warn', event: 'conflict', member: 'iris1' },
      ...{ held: '10.0.0.1:7946', refused: '10.0.0.2:7946' },
      msg: 'two speakers have the same node name; the one that was here first is kept',
    },
  ])
})

test('a death names its accuser; who leaves by itself has none', () => {
  const { news, lines } = open()
  news.fact({ what: 'dead', node: 'iris1', from: 'iris2' }, 0)
  news.fact({ what: 'dead', node: 'iris3', from: 'iris3' }, 0)
  assert.deepEqual(
    lines.map(({ member, from }) => [member, from]),
    [['iris1', 'iris2']],
  )
})

test('members that come and go have a line each', () => {
  const { news, lines } = open()
  news.member('joined', 'iris1', 2)
  news.member('left', 'iris1', 1)
  assert.deepEqual(
    lines.map(({ event, member, members }) => [event, member, members]),
    [
      ['memberJoined', 'iris1', 2],
      ['memberLeft', 'iris1', 1],
    ],
  )
})

test('who cannot be asked yet is no trouble, what cannot be sent is', () => {
  const { news, lines } = open()
  for (const now of [0, 1]) news.trouble('notExchanged', now, new Error('refused'))
  news.trouble('notSent', 2, new Error('no route'))
  assert.deepEqual(
    lines.map(({ level, error }) => [level, error]),
    [
      ['info', 'refused'],
      ['warn', 'no route'],
    ],
  )
  assert.deepEqual(news.counts(), { dropped: {}, happened: { notExchanged: 2, notSent: 1 } })
})
