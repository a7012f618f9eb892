// `npm run bench [name…] [--quick] [--json FILE]`: measures against the budgets of the design. Machines
// are noisy, so the column to look at is the ratio to something else measured in the same run.
import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { table } from '../src/cmd/table.ts'
import { type Bench, median, quantile, type Row, ratio } from './measure.ts'

const BENCHES: ReadonlyMap<string, () => Promise<Bench>> = new Map([
  ['pass', async () => (await import('./pass.ts')).bench],
  ['first-route', async () => (await import('./first-route.ts')).bench],
  ['layer2', async () => (await import('./layer2.ts')).bench],
  ['election', async () => (await import('./election.ts')).bench],
  ['scrape', async () => (await import('./scrape.ts')).bench],
  ['memory', async () => (await import('./memory.ts')).bench],
])

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'string' } },
})
const unknown = positionals.filter((name) => !BENCHES.has(name))
if (unknown.length > 0) {
  throw new Error(`no bench ${unknown.join(', ')}; there are ${[...BENCHES.keys()].join(', ')}`)
}

const say = (line: string) => process.stderr.write(`bench: ${line}\n`)
const started = performance.now()
const results: Record<string, Row[]> = {}
const skipped: string[] = []
for (const name of positionals.length > 0 ? positionals : BENCHES.keys()) {
  const bench = await BENCHES.get(name)!()
  const why = await bench.whyNot?.()
  if (why !== undefined) {
    skipped.push(`${name}: ${why}`)
    continue
  }
  say(`${name}: ${bench.about}`)
  results[name] = await bench.run({ quick: values.quick, say })
  process.stdout.write(`\n${print(name, results[name])}\n`)
}
for (const line of skipped) say(`skipped ${line}`)
// In CI a bench that cannot run is a bench that nobody reads any more.
if (skipped.length > 0 && process.env.CI === 'true') process.exitCode = 1
say(`done in ${((performance.now() - started) / 1000).toFixed(0)} s, ${machine()}`)
if (values.json) await writeFile(values.json, `${JSON.stringify(asJson(), null, 2)}\n`)

function machine(): string {
  return `${cpus().length} cores, load ${loadavg()[0]!.toFixed(1)}`
}

function print(name: string, rows: readonly Row[]): string {
  const header = [name, 'N', 'MEDIAN', 'P90', 'BUDGET', 'RATIO', 'TO']
  return table(
    header,
    rows.map((row) => {
      const { what, unit, samples, budget, baseline } = row
      const value = (number: number) => `${round(number)} ${unit}`
      const over = budget !== undefined && median(samples) > budget ? ' (over)' : ''
      const to = baseline && `${baseline.what} (${value(median(baseline.samples))})`
      return [
        what,
        String(samples.length),
        value(median(samples)),
        samples.length > 1 ? value(quantile(samples, 0.9)) : '',
        budget === undefined ? '' : `${value(budget)}${over}`,
        baseline ? round(ratio(row)!) : '',
        to ?? '',
      ]
    }),
  )
}

/** Three significant digits: the fourth is noise. */
function round(value: number): string {
  if (value === 0) return '0'
  return String(Number(value.toPrecision(3)))
}

function asJson() {
  return Object.fromEntries(
    Object.entries(results).map(([name, rows]) => [
      name,
      rows.map((row) => ({
        ...{ what: row.what, unit: row.unit, n: row.samples.length },
        ...{ median: median(row.samples), p90: quantile(row.samples, 0.9) },
        ...{ budget: row.budget, baseline: row.baseline?.what, ratio: ratio(row) },
      })),
    ]),
  )
}
