import assert from 'node:assert/strict'
import { renameSync, symlinkSync } from 'node:fs'
import { test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { readCertificateFiles, watchCertificateFiles } from './certificate-files.ts'
import { renewed } from './certs.ts'

const NOTHING = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }
const make = () => {
  const { 'ca.key': _ours, ...files } = renewed(Date.now(), NOTHING, 'a.svc')
  return files
}
const [ONE, TWO] = [make(), make()]

test('certificate, key, and the authority if it is there', async () => {
  using folder = temporaryFolder(ONE)
  const expected = { certificate: ONE['tls.crt'], key: ONE['tls.key'] }
  assert.deepEqual(await readCertificateFiles(folder.dir), {
    ...expected,
    caBundle: ONE['ca.crt'],
  })
  folder.remove('ca.crt')
  assert.deepEqual(await readCertificateFiles(folder.dir), expected)
})

for (const [what, files, expected] of [
  ['no key', { 'tls.crt': ONE['tls.crt'] }, /ENOENT.*tls\.key/],
  ['half of a change', { ...ONE, 'tls.crt': TWO['tls.crt'] }, /are not a pair$/],
  ['garbage', { ...ONE, 'tls.crt': 'hello' }, /PEM|no start line/i],
] as const) {
  test(`what is wrong is said: ${what}`, async () => {
    using folder = temporaryFolder(files)
    await assert.rejects(readCertificateFiles(folder.dir), expected)
  })
}

test('a change is seen, also one of links as the kubelet makes it', async () => {
  const inFolder = (folder: string, files: object) =>
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))
  using folder = temporaryFolder({ ...inFolder('..1', ONE), ...inFolder('..2', TWO) })
  symlinkSync('..1', folder.path('..data'))
  for (const name of Object.keys(ONE)) symlinkSync(`..data/${name}`, folder.path(name))
  const stop = new AbortController()
  let changes = 0
  const watching = watchCertificateFiles(folder.dir, () => changes++, stop.signal)
  // Whether it has looked before the change or looks only now: the next change is one.
  let turn = 0
  await eventually(() => {
    symlinkSync(`..${(++turn % 2) + 1}`, folder.path('next'))
    renameSync(folder.path('next'), folder.path('..data'))
    assert.ok(changes > 0)
  })
  stop.abort()
  await watching
})

test('a folder that is not there yet', async () => {
  using folder = temporaryFolder()
  const dir = folder.path('later')
  const stop = new AbortController()
  let changes = 0
  const watching = watchCertificateFiles(dir, () => changes++, stop.signal)
  await eventually(() => {
    folder.write('later/tls.crt', `${Math.random()}`)
    assert.ok(changes > 0)
  })
  stop.abort()
  await watching
})
