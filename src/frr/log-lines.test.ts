import assert from 'node:assert/strict'
import { test } from 'node:test'
import { worldOfFiles } from '../../test/support/world-of-files.ts'
import { renderFrrConf } from '../cmd/templates.ts'
import { planSpeaker } from '../reconciler/speaker.ts'
import { DEBUG_LINES, LOGGING_DAEMONS, logCommands, logLinesIn, saysHowToLog } from './log-lines.ts'

function rendered(logLevel: string): string {
  const speaker = { node: 'n1', hostname: 'n1', ignoreExcludeLb: false, logLevel }
  return renderFrrConf(planSpeaker({ ...worldOfFiles(), ...speaker }).frr, new Map())
}

const QUIET = `frr version 8.4.4
hostname n1
log stdout informational
! "log file /var/run/frr/bgpd.log informational" enabled by "--log" startup option
`
/** As bgpd of 8.4 and 10.3 shows it. */
const TALKATIVE = `hostname n1
log stdout
debug bgp keepalives
debug bgp neighbor-events
debug bgp nht
debug bgp updates in
debug bgp updates out
debug bgp zebra
`

test('the template turns on what is known of each daemon, and nothing else', () => {
  const known = LOGGING_DAEMONS.flatMap((daemon) => DEBUG_LINES[daemon])
  const { debug } = logLinesIn(rendered('debug'))
  assert.deepEqual([...debug].sort(), known.sort())
})

for (const [level, stdout] of [
  ['all', 'log stdout debugging'],
  ['debug', 'log stdout debugging'],
  ['info', 'log stdout informational'],
  ['warn', 'log stdout warnings'],
  ['error', 'log stdout errors'],
  ['none', 'log stdout emergencies'],
] as const) {
  test(`level ${level} is ${stdout}`, () => {
    const wanted = logLinesIn(rendered(level))
    assert.equal(wanted.stdout, stdout)
    assert.equal(wanted.debug.size > 0, stdout.endsWith('debugging'))
  })
}

test('a daemon that logs as it shall is told nothing', () => {
  for (const [level, shown] of [
    ['info', QUIET],
    ['debug', TALKATIVE],
  ] as const) {
    const wanted = logLinesIn(rendered(level))
    assert.deepEqual(logCommands('bgpd', wanted, logLinesIn(shown)), [])
  }
})

test('only the difference is told, and each daemon its own part', () => {
  const debug = logLinesIn(rendered('debug'))
  const quiet = logLinesIn(QUIET)
  assert.deepEqual(logCommands('bfdd', debug, quiet), [
    'log stdout debugging',
    'debug bfd network',
    'debug bfd peer',
    'debug bfd zebra',
  ])
  assert.deepEqual(logCommands('staticd', debug, quiet), ['log stdout debugging'])
  const half = logLinesIn('log stdout\ndebug bgp keepalives\ndebug bgp nht\ndebug bgp zebra\n')
  assert.deepEqual(logCommands('bgpd', debug, half), [
    'debug bgp neighbor-events',
    'debug bgp updates',
  ])
})

test('the way back takes what we turned on and leaves what others did', () => {
  const running = logLinesIn(`${TALKATIVE}debug bgp bestpath 198.51.100.0/24\n`)
  assert.deepEqual(logCommands('bgpd', logLinesIn(rendered('warn')), running), [
    'log stdout warnings',
    'no debug bgp neighbor-events',
    'no debug bgp updates',
    'no debug bgp keepalives',
    'no debug bgp nht',
    'no debug bgp zebra',
  ])
})

test("a user's own lines come last and count", () => {
  const wanted = logLinesIn(`${rendered('info')}log stdout errors\ndebug bgp nht\n`)
  const running = logLinesIn(QUIET)
  assert.deepEqual(logCommands('bgpd', wanted, running), ['log stdout errors', 'debug bgp nht'])
  const off = logLinesIn(`${rendered('debug')}no log stdout\nno debug bfd network\n`)
  assert.deepEqual(logCommands('bfdd', off, running), [
    'no log stdout',
    'debug bfd peer',
    'debug bfd zebra',
  ])
})

test('a text that says nothing of the log leaves it to others', () => {
  assert.equal(saysHowToLog('hostname n1\nbfd\n'), false)
  assert.equal(saysHowToLog(rendered('none')), true)
  assert.equal(saysHowToLog('hostname n1\n no log stdout\n'), true)
})
