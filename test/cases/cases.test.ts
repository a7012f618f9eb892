// Every folder here is a behaviour: objects in, `plan.json` and `frr.conf` out. Accept a change with
// `npm run accept`, then read the difference of the goldens as a reviewer would.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { renderFrrConf } from '../../src/cmd/templates.ts'
import { planController } from '../../src/reconciler/controller.ts'
import { printPlan } from '../../src/reconciler/print.ts'
import { settled } from '../../src/reconciler/settled.ts'
import { planSpeaker } from '../../src/reconciler/speaker.ts'
import { numberClasses } from '../../src/render/classes.ts'
import { worldOfFiles } from '../support/world-of-files.ts'

interface CaseOptions {
  readonly node: string
  readonly hostname: string
  readonly logLevel: string
  readonly ignoreExcludeLb: boolean
  readonly lbClass: string
  /** Nodes whose speakers live; without it nobody knows. */
  readonly members?: readonly string[]
  /** Interfaces of the node; without it they are not known yet. */
  readonly links?: readonly string[]
  /** Codes of the problems that must be found; all others must not. */
  readonly refused: readonly string[]
}

function optionsOf(dir: string): CaseOptions {
  const path = join(dir, 'case.yaml')
  const written = existsSync(path) ? (parse(readFileSync(path, 'utf8')) as Partial<CaseOptions>) : {}
  const node = written.node ?? 'n1'
  const defaults = { node, hostname: node, logLevel: 'info', lbClass: '', refused: [] }
  return { ignoreExcludeLb: false, ...defaults, ...written }
}

function runCase(dir: string) {
  const { refused, members, links, ...options } = optionsOf(dir)
  const world = { ...worldOfFiles(dir), ...options }
  const allocation = planController(world)
  const after = settled(world, allocation)
  assert.deepEqual(planController(after).writes, [], 'a plan that was applied changes nothing')
  const { frr, ...speaker } = planSpeaker({
    ...after,
    ...(members ? { members: new Set(members) } : {}),
    ...(links ? { linkNames: new Set(links) } : {}),
  })
  return {
    refused,
    problems: world.problems,
    plan: `${printPlan({ controller: allocation, speaker })}\n`,
    frrConf: renderFrrConf(frr, numberClasses(frr)),
  }
}

const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((one) =>
  one.isDirectory(),
)

for (const { name } of folders) {
  test(`case ${name}`, () => {
    const dir = join(import.meta.dirname, name)
    const { refused, problems, plan, frrConf } = runCase(dir)
    const codes = problems.map((problem) => problem.code)
    assert.deepEqual(codes.sort(), [...refused].sort(), printPlan(problems))
    golden(join(dir, 'plan.json'), plan)
    golden(join(dir, 'frr.conf'), frrConf)
  })
}

function golden(path: string, actual: string): void {
  if (process.env.UPDATE) writeFileSync(path, actual)
  const expected = existsSync(path) ? readFileSync(path, 'utf8') : ''
  assert.equal(actual, expected, `${path} differs; if the change is right, run npm run accept`)
}
