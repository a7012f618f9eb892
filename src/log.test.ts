import assert from 'node:assert/strict'
import test from 'node:test'
import { type Level, openLog } from './log.ts'

function logged(level: Level, write: (log: ReturnType<typeof openLog>) => void) {
  const lines: string[] = []
  write(openLog(level, { write: (line) => lines.push(line) }))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test("a line has MetalLB's keys and what was given, nothing else", () => {
  const [line] = logged('info', (log) => log.info({ service: 'a/b', ips: ['1.2.3.4'] }, 'done'))
  const { ts, ...rest } = line!
  assert.match(String(ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  assert.deepEqual(rest, { level: 'info', service: 'a/b', ips: ['1.2.3.4'], msg: 'done' })
})

for (const [level, expected] of [
  ['all', ['debug', 'info', 'warn', 'error']],
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
  ['none', []],
] as const) {
  test(`--log-level=${level} prints ${expected.join(', ') || 'nothing'}`, () => {
    const lines = logged(level, (log) => {
      for (const one of ['debug', 'info', 'warn', 'error'] as const) log[one]('x')
    })
    assert.deepEqual(
      lines.map((line) => line.level),
      expected,
    )
  })
}

test('another level counts at once, for children too', () => {
  const lines: string[] = []
  const log = openLog('warn', { write: (line) => lines.push(JSON.parse(line).msg) })
  const child = log.child({ op: 'gossip' })
  const speak = (when: string) => {
    log.debug(`root ${when}`)
    child.debug(`child ${when}`)
  }
  speak('before')
  log.setLevel('all')
  speak('then')
  log.setLevel('none')
  speak('after')
  assert.deepEqual(lines, ['root then', 'child then'])
})

test('an error is told with its causes, in one line', () => {
  const cause = new AggregateError([new Error('this'), new Error('that')])
  const error = new Error('could not', { cause })
  const [line] = logged('info', (log) => log.error({ error }, 'failed'))
  assert.equal(line!.error, 'could not: this; that')
})
