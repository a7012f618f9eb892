import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import test from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { temporaryFolder } from '../../test/support/folder.ts'
import { openLog } from '../log.ts'
import { renewed } from '../webhook/certs.ts'
import { openMetricsCertificate } from './metrics-certificate.ts'

const DAY = 86_400_000
const NOTHING = { 'ca.crt': '', 'ca.key': '', 'tls.crt': '', 'tls.key': '' }
const files = () => {
  const made = renewed(Date.now(), NOTHING, 'given.example')
  return { 'tls.crt': made['tls.crt'], 'tls.key': made['tls.key'] }
}

async function open(dir: string, given: { now?: () => number } = {}) {
  const lines: string[] = []
  const log = openLog('info', { write: (line) => lines.push(line) })
  const opened = await openMetricsCertificate({ dir, dnsName: 'speaker.ours.svc', log, ...given })
  const taken: string[] = []
  opened.onChange(({ certificate }) => taken.push(certificate))
  return { opened, lines, taken, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }
}

test('of our own, and renewed before it ends', async () => {
  const clock = { now: Date.now() }
  await using it = await open('', { now: () => clock.now })
  const { certificate } = it.opened.current
  assert.equal(new X509Certificate(certificate).subjectAltName, 'DNS:speaker.ours.svc')
  await it.opened.look()
  assert.deepEqual(it.taken, [])
  clock.now += 300 * DAY
  await it.opened.look()
  assert.equal(it.taken.length, 1)
  assert.notEqual(it.opened.current.certificate, certificate)
})

test('from files, and again when they are others', async () => {
  const first = files()
  using folder = temporaryFolder(first)
  await using it = await open(folder.dir)
  assert.equal(it.opened.current.certificate, first['tls.crt'])
  const second = files()
  for (const [name, text] of Object.entries(second)) folder.write(name, text)
  await eventually(() => assert.deepEqual(it.taken, [second['tls.crt']]))
  assert.equal(it.opened.current.key, second['tls.key'])
})

test('without files it is our own until they come; the reason is said once', async () => {
  using folder = temporaryFolder()
  await using it = await open(folder.dir)
  const { certificate } = it.opened.current
  assert.equal(new X509Certificate(certificate).subjectAltName, 'DNS:speaker.ours.svc')
  await it.opened.look()
  assert.equal(it.lines.length, 1)
  assert.match(it.lines[0]!, /ENOENT.*the metrics certificate cannot be read/)
  const given = files()
  for (const [name, text] of Object.entries(given)) folder.write(name, text)
  await eventually(() => assert.deepEqual(it.taken, [given['tls.crt']]))
})

test('half of a change leaves what is served', async () => {
  const first = files()
  using folder = temporaryFolder(first)
  await using it = await open(folder.dir)
  folder.write('tls.crt', files()['tls.crt'])
  await it.opened.look()
  assert.equal(it.opened.current.certificate, first['tls.crt'])
  assert.deepEqual(it.taken, [])
})
