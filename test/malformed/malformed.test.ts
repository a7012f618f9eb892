// Every input is one mistake beside a set of good objects. It says in its first lines what must be
// found (object, field, rule); the good objects must not notice. The files take the same way as
// those of a folder that `ferrule` watches.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { renderFrrConf } from '../../src/cmd/templates.ts'
import { parseObject } from '../../src/config/parse.ts'
import type { Problem } from '../../src/config/problem.ts'
import { FileSet } from '../../src/kube/file-set.ts'
import { readYamlFile } from '../../src/kube/yaml-file.ts'
import { planController } from '../../src/reconciler/controller.ts'
import { settled } from '../../src/reconciler/settled.ts'
import { planSpeaker } from '../../src/reconciler/speaker.ts'
import { numberClasses } from '../../src/render/classes.ts'
import { type Given, NAMESPACE, world } from '../support/build.ts'

const filesIn = (dir: string) =>
  readdirSync(join(import.meta.dirname, dir)).map((file) => `${dir}/${file}`)

const textOf = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8')

function givenIn(files: readonly string[]): Given[] {
  const set = new FileSet()
  for (const file of files) set.set(file, readYamlFile(textOf(file), NAMESPACE))
  const objects = [...set.keys()].flatMap((key): Given[] => {
    const parsed = parseObject(set.entry(key)!.raw, NAMESPACE)
    return 'object' in parsed ? [parsed.object] : parsed.problems
  })
  return [...set.problems(), ...objects]
}

/** What is found, and what becomes of the good Service on node n1. */
function outcomeOf(...files: string[]) {
  const given = world(givenIn(files))
  const role = { node: 'n1', hostname: 'n1', logLevel: 'info', ignoreExcludeLb: false }
  const after = { ...settled(given, planController(given)), ...role }
  const { services, frr } = planSpeaker(after)
  return {
    problems: given.problems,
    good: services.find(({ key }) => key === 'default/good'),
    frrConf: renderFrrConf(frr, numberClasses(frr)),
  }
}

/** `# expect: <Kind> <namespace>/<name> <path> <code>`; the path of a whole object is `-`. */
const expectedIn = (text: string) =>
  [...text.matchAll(/^# expect: (.+)$/gm)].map(([, expected]) => expected)

const printed = ({ kind, namespace, name, path, code }: Problem) =>
  `${kind} ${namespace}/${name} ${path || '-'} ${code}`

const untouched = outcomeOf(...filesIn('good'))

test('the good objects alone have no problem, an address and a route', () => {
  assert.deepEqual(untouched.problems, [])
  assert.deepEqual(untouched.good?.addresses, ['192.0.2.0'])
  assert.equal(untouched.good?.bgp.announce, true)
  assert.match(untouched.frrConf, /^ {2}network 192\.0\.2\.0\/32 route-map svc-1$/m)
})

for (const file of filesIn('inputs')) {
  test(`malformed: ${file}`, () => {
    const expected = expectedIn(textOf(file))
    assert.notEqual(expected.length, 0, 'an input says what is expected of it')
    const { problems, good, frrConf } = outcomeOf(...filesIn('good'), file)
    assert.deepEqual(problems.map(printed).sort(), expected.sort())
    for (const { message } of problems) assert.match(message, /\S+ \S+ \S+/, 'says it in words')
    assert.deepEqual(good, untouched.good, 'the good Service keeps its address and routes')
    assert.equal(frrConf, untouched.frrConf, 'what is refused leaves no trace in frr.conf')
  })
}
