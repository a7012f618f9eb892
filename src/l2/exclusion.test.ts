import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseExclusion } from './exclusion.ts'

/** What MetalLB's manifests come with. */
const DEFAULTS = [
  ...['^docker.*', '^cbr.*', '^dummy.*', '^virbr.*', '^lxcbr.*', '^veth.*', '^lo$', '^cali.*'],
  ...['^tunl.*', '^flannel.*', '^kube-ipvs.*', '^cni.*', '^nodelocaldns.*', '^lxc.*'],
]

for (const [name, patterns, excluded, left] of [
  ['none', [], [], ['eth0', 'lo']],
  ['the defaults', DEFAULTS, ['docker0', 'lo', 'cali12345', 'lxc1'], ['eth0', 'lo0', 'bond0']],
  ['un-anchored', ['eth'], ['eth0', 'veth1'], ['en0']],
  ['either', ['^a|b$'], ['a1', '1b'], ['1a', 'b1']],
  ['a flag in front', ['(?i)^ETH'], ['eth0', 'ETH0'], ['veth0']],
  ['its own words for the ends', ['\\Aeth\\z'], ['eth'], ['eth0', 'veth']],
  ['named groups of Go', ['^(?P<kind>eth|en)0$'], ['eth0', 'en0'], ['eth1']],
  [
    'escaped punctuation',
    ['^kube\\-ipvs', '^a\\_b', '^c\\@d', '^e\\.f$'],
    ['kube-ipvs0', 'a_b', 'c@d', 'e.f'],
    ['exf'],
  ],
  [
    'classes',
    ['^eth[0-3]$', '^\\w+\\.\\d+$', '^[a\\-z]1'],
    ['eth3', 'bond0.100', '-1'],
    ['eth4', 'b1'],
  ],
] as const) {
  test(`patterns that exclude: ${name}`, () => {
    const isExcluded = parseExclusion(patterns)
    assert.deepEqual([...excluded, ...left].filter(isExcluded), excluded)
  })
}

for (const pattern of ['(', '*eth', 'eth[', '[[:alpha:]]0', '\\Qeth0\\E', '\\pL', 'a**', '(?U)a']) {
  test(`a pattern that is none: ${pattern}`, () => {
    assert.throws(
      () => parseExclusion(['^ok$', pattern]),
      (error: Error) => {
        assert.ok(error.message.startsWith(`announcedInterfacesToExclude[1]: "${pattern}" is not`))
        return true
      },
    )
  })
}
