// Alerts and dashboard: every metric they name is told, every alert has its page, fires when it should and
// does not when it should not. promtool is Prometheus' own.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { parse, stringify } from 'yaml'
import { METRICS } from '../src/metrics/reference.ts'
import { ALERT_CASES, type AlertCase } from './support/alert-cases.ts'
import {
  alerts,
  DASHBOARD,
  dashboard,
  metricsIn,
  ruleGroups,
  runbooks,
} from './support/monitoring.ts'
import { promtool, skipWithoutPromtool } from './support/promtool.ts'
import { read } from './support/source.ts'

const KNOWN: ReadonlySet<string> = new Set([
  // Prometheus tells it of whatever it scrapes.
  'up',
  ...METRICS.flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_count`, `${name}_sum`] : [name],
  ),
])
const unknownIn = (expr: string) => metricsIn(expr).filter((name) => !KNOWN.has(name))
const { panels, templating } = dashboard()
const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))

test("MetalLB's alerts are all there, and no name is there twice", () => {
  const names = alerts().map(({ alert }) => alert)
  assert.deepEqual(names, [...new Set(names)])
  const usage = [75, 85, 95].map((percent) => `MetalLBAddressPoolUsage${percent}Percent`)
  const known = ['MetalLBStaleConfig', 'MetalLBConfigNotLoaded', 'MetalLBAddressPoolExhausted']
  for (const name of [...known, ...usage, 'MetalLBBGPSessionDown'])
    assert.ok(names.includes(name), name)
})

test('names of metrics are found in an expression', () => {
  const expr = 'sum by (pod) (rate(a_b{x="c_d"}[5m])) > on (y) e_f and scalar(count(g_h == 1))'
  assert.deepEqual(metricsIn(expr), ['a_b', 'e_f', 'g_h'])
})

for (const { alert, expr, labels, annotations } of alerts()) {
  test(`${alert} asks for metrics that are told, and has its page`, () => {
    assert.ok(metricsIn(expr).length > 0)
    assert.deepEqual(unknownIn(expr), [])
    assert.match(labels.severity ?? '', /^(?:warning|critical)$/)
    assert.ok(annotations.summary && annotations.description)
    const path = `docs/runbooks/${alert}.md`
    assert.equal(annotations.runbook_url, path)
    const text = read(path)
    assert.ok(text.startsWith(`# ${alert}\n`))
    const titles = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title)
    assert.deepEqual(titles, [
      'What it means',
      'What users notice',
      'What to look at',
      'How to mend it',
    ])
  })
}

test('every page is about an alert', () => {
  const pages = runbooks().map((path) => basename(path, '.md'))
  assert.deepEqual(
    pages,
    alerts()
      .map(({ alert }) => alert)
      .toSorted(),
  )
})

for (const path of runbooks()) {
  const text = read(path)

  test(`${path} names containers and alerts that are there`, () => {
    const containers = [...text.matchAll(/ -c (\w+) /g)].map(([, name]) => name)
    assert.deepEqual(
      containers.filter((name) => name !== 'speaker' && name !== 'frr'),
      [],
    )
    const named = text.match(/\b(?:MetalLB|Ferrule)[A-Z]\w+/g) ?? []
    const known = alerts().map(({ alert }) => alert)
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    )
  })
}

test('the dashboard asks for metrics that are told', () => {
  const asked = [...queries, ...templating.list.map(({ query }) => JSON.stringify(query))]
  assert.deepEqual(queries.flatMap(unknownIn), [])
  const named = asked.join().match(/\b(?:metallb|ferrule)_\w+/g) ?? []
  assert.deepEqual(
    named.filter((name) => !KNOWN.has(name)),
    [],
  )
})

test('no panel of the dashboard lies upon another one, is wider than the page, or asks nothing', () => {
  const taken = new Set<string>()
  for (const { title, type, gridPos, targets = [] } of panels) {
    assert.ok(type === 'row' || targets.length > 0, `${title} asks nothing`)
    assert.ok(gridPos.x + gridPos.w <= 24, `${title} is too wide`)
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!taken.has(`${x} ${y}`), `${title} lies upon another panel`)
        taken.add(`${x} ${y}`)
      }
    }
  }
  const ids = panels.map(({ id }) => id)
  assert.deepEqual(ids, [...new Set(ids)])
})

test('the dashboard is installed where Grafana looks for dashboards', () => {
  const { configMapGenerator } = parse(read('manifests/monitoring/kustomization.yaml'))
  const [{ namespace, files, options }] = configMapGenerator
  assert.equal(namespace, 'metallb-system')
  assert.deepEqual(files, [basename(DASHBOARD)])
  assert.equal(options.labels.grafana_dashboard, '1')
})

test('every alert has a case', () => {
  const tried = new Set(ALERT_CASES.map(({ alert }) => alert))
  assert.deepEqual(
    [...tried].toSorted(),
    alerts()
      .map(({ alert }) => alert)
      .toSorted(),
  )
})

suite('promtool', { skip: await skipWithoutPromtool() }, () => {
  let dir: string
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ferrule-rules-'))
    await writeFile(join(dir, 'rules.yaml'), stringify(ruleGroups()))
    await writeFile(join(dir, 'plain.yaml'), stringify(withoutWords()))
  })
  after(() => rm(dir, { recursive: true, force: true }))

  test('accepts the rules', async () => {
    const { exitCode, lines } = await promtool(['check', 'rules', join(dir, 'rules.yaml')])
    assert.equal(exitCode, 0, lines.join('\n'))
    assert.match(lines.join('\n'), new RegExp(`SUCCESS: ${alerts().length} rules found`))
  })

  test('accepts what the dashboard asks', async () => {
    const rules = queries.map((expr, at) => ({ record: `panel:${at}`, expr: withValues(expr) }))
    await writeFile(join(dir, 'panels.yaml'), stringify({ groups: [{ name: 'panels', rules }] }))
    const { exitCode, lines } = await promtool(['check', 'rules', join(dir, 'panels.yaml')])
    assert.equal(exitCode, 0, lines.join('\n'))
  })

  for (const [at, one] of ALERT_CASES.entries()) {
    test(`${one.alert} fires, and only then (${at})`, async () => {
      const { severity } = alerts().find(({ alert }) => alert === one.alert)!.labels
      const expected = [{ exp_labels: { severity, ...one.labels } }]
      await writeFile(join(dir, `${at}.yaml`), stringify(ruleTest(one, expected)))
      const { exitCode, lines } = await promtool(['test', 'rules', join(dir, `${at}.yaml`)])
      assert.equal(exitCode, 0, lines.join('\n'))
    })
  }

  for (const [at, one] of ALERT_CASES.entries()) {
    test(`${one.alert} says what is wrong (${at})`, async () => {
      const [fired] = ruleTest(one, []).tests
      const file = join(dir, `words-${at}.yaml`)
      await writeFile(
        file,
        stringify({ ...ruleTest(one, []), rule_files: ['rules.yaml'], tests: [fired] }),
      )
      // Nothing is expected, so that promtool shows what it got.
      const { exitCode, lines } = await promtool(['test', 'rules', file])
      assert.notEqual(exitCode, 0)
      const [, words = ''] = /description="((?:[^"\\]|\\.)*)"/.exec(lines.join('\n')) ?? []
      assert.match(words, one.says)
    })
  }
})

/** promtool wants every word of every annotation; what an alert says is looked at apart. */
function withoutWords() {
  const { groups } = ruleGroups()
  return {
    groups: groups.map((group) => ({
      ...group,
      rules: group.rules.map(({ annotations: _, ...rule }) => rule),
    })),
  }
}

function ruleTest({ alert, after: minutes, fires, quiet }: AlertCase, expected: object[]) {
  const during = (series: AlertCase['fires'], exp_alerts: object[]) => ({
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [{ eval_time: `${minutes}m`, alertname: alert, exp_alerts }],
  })
  return {
    ...{ rule_files: ['plain.yaml'], evaluation_interval: '1m' },
    tests: [during(fires, expected), during(quiet, [])],
  }
}

/** Grafana puts values in for its variables. */
const withValues = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*')
