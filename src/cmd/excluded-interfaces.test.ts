import assert from 'node:assert/strict'
import test from 'node:test'
import { temporaryFolder } from '../../test/support/folder.ts'
import { readExcludedInterfaces } from './excluded-interfaces.ts'

function read(text: string): readonly string[] {
  using files = temporaryFolder({ 'excludel2.yaml': text })
  return readExcludedInterfaces(files.path('excludel2.yaml'))
}

test('patterns are taken as they are written', () => {
  const text = 'announcedInterfacesToExclude: ["^docker.*", ^lo$]\n'
  assert.deepEqual(read(text), ['^docker.*', '^lo$'])
})

for (const [name, text] of [
  ['an empty file', ''],
  ['an empty list', 'announcedInterfacesToExclude: []'],
  ['a key without a list', 'announcedInterfacesToExclude:'],
] as const) {
  test(`nothing is excluded by ${name}`, () => assert.deepEqual(read(text), []))
}

test('without the file nothing is excluded', () => {
  assert.deepEqual(readExcludedInterfaces('/nowhere/excludel2.yaml'), [])
})

for (const [name, text, expected] of [
  ['a pattern that is none', 'announcedInterfacesToExclude: ["^lo$", "eth("]', /\[1\]: "eth\("/],
  ['an empty pattern, which is all', 'announcedInterfacesToExclude: [""]', /ToExclude\.0: /],
  ['a word for a list', 'announcedInterfacesToExclude: eth0', /ToExclude: .*expected array/],
  ['another key', 'excluded: [eth0]', /Unrecognized key/],
  ['no YAML', 'announcedInterfacesToExclude: [', /excludel2\.yaml/],
] as const) {
  test(`refused, with the name of the file: ${name}`, () => {
    assert.throws(() => read(text), expected)
    assert.throws(() => read(text), /excludel2\.yaml \(--l2-exclude-file\)/)
  })
}

test('a file that cannot be read is not taken for one that is not there', () => {
  using files = temporaryFolder({ 'excludel2.yaml/inside': '' })
  assert.throws(() => readExcludedInterfaces(files.path('excludel2.yaml')), /cannot read/)
})
