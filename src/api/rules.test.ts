// Each CEL rule of the definitions has its twin in our parser: an object that breaks it is refused
// by us too, at the same field, in the same words. `test/kube` asks an API server for its side.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROKEN_RULES, type BrokenRule } from '../../test/support/broken-rules.ts'
import { parseObject } from '../config/parse.ts'
import { buildCrd } from './crd.ts'
import { DEFINITIONS } from './definitions.ts'
import type { CelRule, JsonSchema } from './json-schema.ts'
import { celOf, sentence } from './rules.ts'

const NAMESPACE = 'metallb-system'

for (const row of BROKEN_RULES) {
  test(`refused: ${row.kind} ${row.version} ${JSON.stringify(row.spec)}`, () => {
    const problems = problemsOf(row).map(({ path, message }) => ({ path, message }))
    assert.equal(problems.length, 1, 'one mistake, one problem')
    const [{ path, message } = { path: '', message: '' }] = problems
    // CEL speaks of a list where we name the entry.
    assert.ok(path.startsWith(`spec.${row.path}`), `${path} is at ${row.path}`)
    assert.ok(message.startsWith(row.sentence), `"${message}" says "${row.sentence}"`)
  })
}

function problemsOf({ kind, version, spec, name = 'a' }: BrokenRule) {
  const apiVersion = `metallb.io/${version}`
  const parsed = parseObject({ apiVersion, kind, metadata: { name }, ...{ spec } }, NAMESPACE)
  return 'problems' in parsed ? parsed.problems : []
}

interface Place {
  readonly at: string
  readonly rule: CelRule
}

/** `BGPPeer v1beta2 spec.holdTime` and its rules, one by one. */
function* placesIn(node: JsonSchema, at: string): Generator<Place> {
  for (const rule of node['x-kubernetes-validations'] ?? []) {
    yield { at: at + (rule.fieldPath ?? ''), rule }
  }
  if (node.items) yield* placesIn(node.items, `${at}[]`)
  for (const [name, field] of Object.entries(node.properties ?? {})) {
    yield* placesIn(field, `${at}.${name}`)
  }
}

const PLACES = DEFINITIONS.map(buildCrd).flatMap(({ spec }) =>
  spec.versions.flatMap(({ name, schema }) => [
    ...placesIn(schema.openAPIV3Schema.properties?.spec ?? {}, `${spec.names.kind} ${name} spec`),
  ]),
)

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
const patternOf = (message: string) =>
  new RegExp(`^${message.split('…').map(escaped).join('.*')}$`, 's')

test('every CEL rule is broken by some object, but for those about a change', () => {
  const broken = ({ at, rule }: Place) =>
    BROKEN_RULES.some(({ kind, version, path, sentence }) => {
      const where = `${kind} ${version} spec.${path.replaceAll(/\[\d+\]/g, '[]')}`
      return where.startsWith(at) && patternOf(rule.message).test(sentence)
    })
  const unbroken = PLACES.filter((place) => !broken(place))
  assert.deepEqual(
    unbroken.map(({ at, rule }) => `${at}: ${rule.rule}`),
    ['BGPPeer v1beta2 spec.enableGracefulRestart: self == oldSelf'],
  )
})

test('what MetalLB takes by an odd spelling, we take too', () => {
  for (const [kind, version, spec] of [
    ['IPAddressPool', 'v1beta1', { addresses: ['::ffff:10.0.0.0/104', '10.1.2.3/024'] }],
    ['IPAddressPool', 'v1beta1', { addresses: ['10.0.0.1 - 10.0.0.9', '2001:DB8::1-2001:db8::2'] }],
    ['BGPPeer', 'v1beta2', { myASN: 1, peerASN: 2, peerAddress: '::ffff:10.0.0.1' }],
    ['BGPPeer', 'v1beta2', { myASN: 1, peerASN: 2, peerAddress: '::1', sourceAddress: '' }],
    ['BGPPeer', 'v1beta1', { myASN: 1, peerASN: 2, peerAddress: '::1', keepaliveTime: '0s' }],
    ['Community', 'v1beta1', { communities: [{ name: 'a', value: 'No-Export' }] }],
  ] as const) {
    assert.deepEqual(problemsOf({ kind, version, spec, path: '', sentence: '' }), [])
  }
})

test('a sentence with values: the same for us and in CEL', () => {
  const law = {
    message: `{} isn't {}`,
    shown: [
      { cel: 'self.a', of: (value: { a: string }) => value.a },
      { cel: 'self.b', of: () => 'b' },
    ],
    cel: 'false',
    at: 'a',
  }
  assert.equal(sentence(law, { a: 'a$&' }), "a$& isn't b")
  assert.deepEqual(celOf(law), {
    message: "… isn't …",
    messageExpression: `self.a + ' isn\\'t ' + self.b`,
    rule: 'false',
    fieldPath: '.a',
  })
})
