import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RawObject } from '../api/kinds.ts'
import { parseObject } from './parse.ts'

const pool = (spec: unknown) => ({ apiVersion: 'metallb.io/v1beta1', kind: 'IPAddressPool', spec })
const peer = (spec: unknown) => ({ apiVersion: 'metallb.io/v1beta2', kind: 'BGPPeer', spec })

/** `path: message` of everything that is wrong with an object. */
function wrongWith(body: object): string[] {
  const parsed = parseObject({ metadata: { name: 'x' }, ...body } as RawObject, 'metallb-system')
  return 'problems' in parsed
    ? parsed.problems.map(({ path, message }) => `${path}: ${message}`)
    : []
}

for (const [name, body, expected] of [
  ['a missing list', pool({}), 'spec.addresses: is required: a list'],
  ['a missing spec', pool(undefined), 'spec: is required: an object with fields'],
  [
    'a misspelt field',
    pool({ addreses: [], addresses: ['10.0.0.0/8'] }),
    'spec.addreses: unknown field "addreses"; did you mean "addresses"?',
  ],
  [
    'a misspelt field of a transformed spec',
    peer({ myASN: 1, peerASN: 2, peerAddress: '10.0.0.1', holdtime: '9s' }),
    'spec.holdtime: unknown field "holdtime"; did you mean "holdTime"?',
  ],
  [
    'a field nobody could mean',
    pool({ addresses: ['10.0.0.0/8'], zzz: 1 }),
    'spec.zzz: unknown field "zzz"',
  ],
  ['a number as text', peer({ myASN: '64512' }), 'spec.myASN: must be a number, not "64512"'],
  [
    'what may be a password, in the wrong place',
    peer({ myASN: 1, peerASN: 2, peerAddress: '10.0.0.1', passwordSecret: 'hush' }),
    'spec.passwordSecret: must be an object with fields',
  ],
  [
    'what may be a password, of another kind',
    peer({ myASN: 1, peerASN: 2, peerAddress: '10.0.0.1', password: 12345 }),
    'spec.password: must be text',
  ],
  [
    'a Secret without keys',
    { apiVersion: 'v1', kind: 'Secret', data: 'hush' },
    'data: must be an object with fields',
  ],
  [
    'a misspelt kind',
    { apiVersion: 'metallb.io/v1beta1', kind: 'IPAdressPool' },
    'kind: no kind "IPAdressPool" in "metallb.io/v1beta1"; did you mean "IPAddressPool"?',
  ],
  [
    'another version',
    { apiVersion: 'metallb.io/v1', kind: 'BFDProfile' },
    'apiVersion: no kind "BFDProfile" in "metallb.io/v1"; it is served as metallb.io/v1beta1/BFDProfile',
  ],
] as [string, object, string][]) {
  test(`what is wrong, in words: ${name}`, () => assert.deepEqual(wrongWith(body), [expected]))
}

test('all that is wrong is told, in the order of the fields', () => {
  const spec = {
    addresses: ['10.0.0.0/33'],
    autoAssign: 'no',
    serviceAllocation: { priority: 'x' },
  }
  assert.deepEqual(
    wrongWith(pool(spec)).map((one) => one.split(':')[0]),
    ['spec.addresses[0]', 'spec.autoAssign', 'spec.serviceAllocation.priority'],
  )
})
