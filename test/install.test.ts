// The objects of an installation: the base of manifests/, changed by settings.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBase } from '../src/operator/base.ts'
import { buildObjects, type KubeObject, keyOf } from '../src/operator/objects.ts'
import { SETTINGS, Settings } from '../src/operator/settings.ts'
import { installed, optional } from './support/manifests.ts'

const BASE = readBase()
const UNCHANGED = buildObjects(BASE, {})
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

function putAt(values: object, path: readonly string[], value: unknown): void {
  let holder = values as Record<string, Record<string, unknown>>
  for (const key of path.slice(0, -1)) holder = (holder[key] ??= {}) as typeof holder
  ;(holder as Record<string, unknown>)[path.at(-1)!] = value
}
