import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseTree } from './tree.ts'
import { unsendable } from './unsendable.ts'

const router = (...lines: string[]): string => `router bgp 64512\n ${lines.join('\n ')}\n`

for (const [name, ...lines] of [
  ['without neighbors', 'no bgp default ipv4-unicast'],
  ['a password of a neighbor', 'neighbor a remote-as 1', 'neighbor a password hush'],
  [
    'of one in a group',
    'neighbor g peer-group',
    'neighbor a peer-group g',
    'neighbor a password h',
  ],
  ['of a group', 'neighbor g peer-group', 'neighbor g password hush'],
  ['of an interface', 'neighbor eth0 interface remote-as external', 'neighbor eth0 password hush'],
] as const) {
  test(`sendable: ${name}`, () => {
    assert.equal(unsendable(parseTree(router(...lines))), undefined)
  })
}

test('a password of a neighbor that FRR would not know is not sent, and not shown', () => {
  const lines = ['neighbor a remote-as 1', 'neighbor a password hush', 'neighbor b password hush']
  assert.deepEqual(unsendable(parseTree(router(...lines))), {
    daemon: 'bgpd',
    context: ['router bgp 64512'],
    line: 'neighbor b password ***',
    text: 'this neighbor has no remote-as and is in no peer-group',
  })
})

test('a line longer than FRR reads is not sent', () => {
  const found = unsendable(parseTree(router(`neighbor a description ${'x'.repeat(5000)}`)))
  assert.match(found?.text ?? '', /FRR reads 4095/)
  assert.equal(found?.line.length, 200)
})
