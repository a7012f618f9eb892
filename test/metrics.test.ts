// The metrics as Prometheus reads them: every series of the catalogue is told, and nobody who checks
// metrics finds more to say than MetalLB's own names deserve.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { METRICS } from '../src/metrics/reference.ts'
import { promtool, skipWithoutPromtool } from './support/promtool.ts'
import { wholeMetrics } from './support/whole-metrics.ts'

const skip = await skipWithoutPromtool()
const whole = await wholeMetrics()

test('each name stands in the catalogue once, and says what it means in one sentence', () => {
  const names = METRICS.map(({ name }) => name)
  assert.deepEqual(names, [...new Set(names)])
  for (const { name, help } of METRICS) {
    assert.match(name, /^(?:metallb|ferrule|process)_[a-z0-9_]+$/)
    assert.match(help, /^\S[^\n|]*\.$/, `${name} is explained in a sentence that fits in a table`)
  }
})

test('each metric has samples, with the labels that the catalogue says', () => {
  const samples = `${whole.controller}\n${whole.speaker}`.split('\n')
  for (const { name, type, labels } of METRICS) {
    const series = type === 'histogram' ? `${name}_count` : name
    const own = samples.filter((line) => line.split(/[{ ]/)[0] === series)
    assert.ok(own.length > 0, `${name} has no sample`)
    for (const line of own) {
      const told = [...line.matchAll(/(\w+)="/g)].map(([, label]) => label)
      assert.deepEqual(told.toSorted(), labels.toSorted(), line)
    }
  }
})

/** Counters that do not end in _total, and gauges that do: MetalLB's, kept to the letter. */
const KNOWN = METRICS.filter(
  ({ name, type }) =>
    name.startsWith('metallb_') && name.endsWith('_total') !== (type === 'counter'),
).map(({ name }) => name)

for (const [role, text] of Object.entries(whole)) {
  test(`promtool accepts the metrics of a ${role}`, { skip }, async () => {
    const { lines } = await promtool(['check', 'metrics'], text)
    const complaints = lines.filter((line) => {
      const [name = '', ...words] = line.split(' ')
      return !KNOWN.includes(name) || !/_total/.test(words.join(' '))
    })
    assert.deepEqual(complaints, [])
  })
}

test('promtool would complain about a bad name of ours', { skip }, async () => {
  const text = '# HELP ferrule_x Something.\n# TYPE ferrule_x counter\nferrule_x 1\n'
  const { exitCode, lines } = await promtool(['check', 'metrics'], text)
  assert.notEqual(exitCode, 0)
  assert.match(lines.join('\n'), /^ferrule_x .*_total/)
})
