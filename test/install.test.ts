// The objects of an installation: the base of manifests/, changed by settings. Each file of values in
// test/install stands beside the changes it makes; UPDATE=1 writes those anew. That Helm makes the same
// of the same values is for kube/install-paths.test.ts.
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { readBase } from '../src/operator/base.ts'
import { rankOf } from '../src/operator/install-order.ts'
import { buildObjects, type KubeObject, keyOf } from '../src/operator/objects.ts'
import { SETTINGS, Settings } from '../src/operator/settings.ts'
import { installCases } from './support/install-cases.ts'
import { installed, optional } from './support/manifests.ts'
import { changesBetween } from './support/object-changes.ts'
import { ROOT, read } from './support/source.ts'

const BASE = readBase()
const UNCHANGED = buildObjects(BASE, {})
const CASES = installCases()
const byKey = (objects: readonly KubeObject[]) =>
  objects.toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))

test('the base is every object of the manifests', () => {
  const all = [...installed(), ...optional()].map(({ object }) => object)
  assert.deepEqual(byKey(BASE), byKey(all))
})

test('without settings the objects are those that the manifests install', () => {
  assert.deepEqual(byKey(UNCHANGED), byKey(installed().map(({ object }) => object)))
})

test('what each setting is when nobody says changes nothing', () => {
  const values = {}
  for (const { path, initial } of SETTINGS) putAt(values, path, initial)
  assert.deepEqual(buildObjects(BASE, Settings.parse(values)), UNCHANGED)
})

for (const { name, settings, golden } of CASES) {
  test(`values ${name} change exactly what they should`, () => {
    const changes = changesBetween(UNCHANGED, buildObjects(BASE, settings), BASE)
    const text = changes.map((line) => `${line}\n`).join('')
    if (process.env.UPDATE) writeFileSync(join(ROOT, golden), text)
    assert.notEqual(text, '')
    assert.equal(text, existsSync(join(ROOT, golden)) ? read(golden) : '')
  })
}

test('every setting is in one of those files, and not as it is anyway', () => {
  const untried = SETTINGS.filter(({ path, initial }) =>
    CASES.every(({ settings }) => {
      const given = valueAt(settings, path)
      return given === undefined || JSON.stringify(given) === JSON.stringify(initial)
    }),
  )
  assert.deepEqual(
    untried.map(({ path }) => path.join('.')),
    [],
  )
})

/** Any number of the cases at once; of two that say the same thing the later one. */
const together = fc.subarray([...CASES], { minLength: 1 })
/** An account may have another name. */
const originalName = ({ kind, metadata }: KubeObject): string =>
  kind === 'ServiceAccount' ? (metadata.labels?.component ?? '') : metadata.name
const keysOf = (objects: readonly KubeObject[]) =>
  objects.map((one) => `${one.kind}/${originalName(one)}`)
const KEYS = keysOf(UNCHANGED)

test('whatever is set, objects come and go only as one of the settings says, and keep their order', () => {
  fc.assert(
    fc.property(together, (some) => {
      const all = some.map(({ settings }) => settings)
      const settings = all.reduce<unknown>((sum, one) => merged(sum, one), {}) as Settings
      const before = structuredClone(BASE)
      const objects = buildObjects(BASE, settings)
      assert.deepEqual(BASE, before)
      assert.deepEqual(buildObjects(BASE, settings), objects)

      const keys = keysOf(objects)
      const alone = all.map((one) => keysOf(buildObjects(BASE, one)))
      for (const key of KEYS) {
        if (alone.every((one) => one.includes(key))) assert.ok(keys.includes(key), `${key} is lost`)
      }
      for (const key of keys) {
        assert.ok(KEYS.includes(key) || alone.some((one) => one.includes(key)), `${key} came`)
      }
      const order = BASE.map(keyOf)
      assert.deepEqual(
        keys,
        order.filter((key) => keys.includes(key)),
      )
      const ranks = objects.map(rankOf)
      assert.deepEqual(
        ranks,
        ranks.toSorted((one, other) => one - other),
      )
    }),
  )
})

test('another namespace is said wherever the first one was', () => {
  const settings = { namespace: 'load-balancer', prometheus: { prometheusRule: { enabled: true } } }
  const moved = JSON.stringify(buildObjects(BASE, settings))
  const left = moved.match(/[^"]*metallb-system[^"]*/g) ?? []
  assert.deepEqual(
    [...new Set(left)].filter((text) => !/^metallb-system:(?:controller|speaker)$/.test(text)),
    [],
  )
  assert.ok(moved.includes('namespace=\\"load-balancer\\"'))
})

function merged(first: unknown, second: unknown): unknown {
  if (!isPlain(first) || !isPlain(second)) return second ?? first
  const keys = [...Object.keys(first), ...Object.keys(second)]
  return Object.fromEntries(keys.map((key) => [key, merged(first[key], second[key])]))
}

const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function valueAt(values: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], values)
}

function putAt(values: object, path: readonly string[], value: unknown): void {
  let holder = values as Record<string, Record<string, unknown>>
  for (const key of path.slice(0, -1)) holder = (holder[key] ??= {}) as typeof holder
  ;(holder as Record<string, unknown>)[path.at(-1)!] = value
}
