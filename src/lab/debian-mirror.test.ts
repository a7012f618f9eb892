import assert from 'node:assert/strict'
import { test } from 'node:test'
import { archivesIn } from './debian-mirror.ts'

const MAIN = 'http://mirror.example/debian/'
const SECURITY = 'http://mirror.example/debian-security/'

for (const [name, lines, expected] of [
  ['a plain machine', [`${MAIN} Debian Debian bookworm`], { main: MAIN }],
  [
    'updates and security',
    [
      `${SECURITY} Debian Debian-Security bookworm-security`,
      `${MAIN} Debian Debian bookworm-updates`,
      `${MAIN} Debian Debian bookworm`,
    ],
    { main: MAIN, security: SECURITY },
  ],
  ['only others', ['http://apt.example/ Example Example stable'], undefined],
  ['no lists yet', [''], undefined],
] as const) {
  test(`Debian's archive among apt's: ${name}`, () => {
    assert.deepEqual(archivesIn(lines.join('\n')), expected)
  })
}
