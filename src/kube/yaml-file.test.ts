import assert from 'node:assert/strict'
import test from 'node:test'
import { serviceYaml } from '../../test/support/folder.ts'
import { keepHidden, mayBeUnfinished, readYamlFile } from './yaml-file.ts'

const read = (text: string, before?: ReturnType<typeof readYamlFile>) =>
  readYamlFile(text, 'metallb-system', before)
const keysOf = (text: string) => [...read(text).entries.keys()]
const problemsOf = (text: string) => read(text).problems.map(({ line, code }) => `${line} ${code}`)

for (const [name, text, expected] of [
  [
    'documents',
    `${serviceYaml('a')}${serviceYaml('b')}`,
    ['Service/default/a', 'Service/default/b'],
  ],
  ['nothing at all', '', []],
  ['comments only', '# nothing\n---\n# here\n', []],
  ['JSON', '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}', ['Node//n1']],
  [
    'our namespace is the default of our kinds',
    'apiVersion: metallb.io/v1beta1\nkind: Community\nmetadata: {name: c}\n',
    ['Community/metallb-system/c'],
  ],
  [
    'a List',
    'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Namespace, metadata: {name: x}}\n- {apiVersion: v1, kind: Namespace, metadata: {name: y}}\n',
    ['Namespace//x', 'Namespace//y'],
  ],
  ['other kinds', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n', []],
  [
    'a status of ours',
    'apiVersion: metallb.io/v1beta1\nkind: ServiceBGPStatus\nmetadata: {name: s}\n',
    [],
  ],
  ['a directive', '%YAML 1.2\n---\napiVersion: v1\nkind: Node\nmetadata: {name: n}\n', ['Node//n']],
  [
    'a block text that holds dashes',
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\ndata:\n  extras: |\n    ---\n    end\n',
    ['ConfigMap/default/m'],
  ],
] as const) {
  test(`objects of a file: ${name}`, () => {
    assert.deepEqual(keysOf(text), expected)
    assert.deepEqual(read(text).problems, [])
  })
}

for (const [name, text, expected] of [
  ['syntax, with its place', `${serviceYaml('a')}---\nkind: [a\n`, ['13 syntax']],
  ['no object', 'hello\n', ['1 no-object']],
  ['no kind', '\n\napiVersion: v1\n', ['3 no-object']],
  ['no name', 'apiVersion: v1\nkind: Service\nmetadata: {}\n', ['1 no-name']],
  ['a path for a name', 'apiVersion: v1\nkind: Node\nmetadata: {name: ../x}\n', ['1 invalid-name']],
  [
    'a path for a namespace',
    'apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: a/b}\n',
    ['1 invalid-name'],
  ],
  ['the same object again', `${serviceYaml('a')}${serviceYaml('a')}`, ['12 defined-twice']],
  ['the same key again', 'apiVersion: v1\napiVersion: v1\n', ['2 syntax']],
] as const) {
  test(`what is wrong with a file: ${name}`, () => assert.deepEqual(problemsOf(text), expected))
}

test('a broken document takes neither the others nor its own last version away', () => {
  const good = read(`${serviceYaml('a')}${serviceYaml('b')}`)
  const text = `${serviceYaml('a', '    - port: 81\n')}---\nkind: [b\n`
  const bad = read(text, good)
  const kept = keepHidden(bad, good)
  assert.deepEqual([...kept.entries.keys()], ['Service/default/a', 'Service/default/b'])
  assert.notEqual(kept.entries.get('Service/default/a'), good.entries.get('Service/default/a'))
  assert.equal(kept.entries.get('Service/default/b'), good.entries.get('Service/default/b'))
})

test('a document that did not change is the very same value', () => {
  const before = read(`${serviceYaml('a')}${serviceYaml('b')}`)
  const after = read(`${serviceYaml('new')}${serviceYaml('b')}`, before)
  assert.equal(after.entries.get('Service/default/b'), before.entries.get('Service/default/b'))
})

for (const [name, text, expected] of [
  ['whole', `${serviceYaml('a')}${serviceYaml('b')}`, false],
  ['one more', `${serviceYaml('a')}${serviceYaml('b')}${serviceYaml('c')}`, false],
  ['emptied before it is written', '', true],
  ['one document less', serviceYaml('a'), true],
  ['ends within a line', `${serviceYaml('a')}${serviceYaml('b')}    - po`, true],
  ['ends within a structure', `${serviceYaml('a')}${serviceYaml('b')}---\na: {b\n`, true],
] as const) {
  test(`may somebody still be writing it? ${name}`, () => {
    const before = read(`${serviceYaml('a')}${serviceYaml('b')}`)
    assert.equal(mayBeUnfinished(read(text, before), before), expected)
  })
}
