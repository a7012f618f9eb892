// Admission at a real API server: who refuses what (its own schema and rules, or our webhook), in
// which words, and that peers survive a client of the old version.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { parseAllDocuments, stringify } from 'yaml'
import type { RawObject } from '../../src/api/kinds.ts'
import { parseObject } from '../../src/config/parse.ts'
import { ensureCertificate } from '../../src/webhook/certs.ts'
import { BY_WEBHOOK, MISTAKES, refusedBy, TOLD } from '../malformed/refusals.ts'
import { BROKEN_RULES } from '../support/broken-rules.ts'
import { configObjects, type Given, NAMESPACE } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { Access } from './support/access.ts'
import {
  type Admission,
  CONFIGURATION,
  create,
  DNS_NAME,
  openAdmission,
  type WriteReply,
  type Written,
} from './support/admission.ts'
import { type ApiServer, startApiServer } from './support/api-server.ts'
import { skipWithoutKube } from './support/commands.ts'

const TEST = join(import.meta.dirname, '..')

const documentsIn = (path: string): Written[] =>
  parseAllDocuments(readFileSync(join(TEST, path), 'utf8')).map((one) => one.toJSON())

const isOurs = ({ apiVersion }: Written) => apiVersion.startsWith('metallb.io/')

const placed = (object: Written): Written => ({
  ...object,
  metadata: { namespace: NAMESPACE, ...object.metadata },
})

function givenOf(object: Written): Given[] {
  const parsed = parseObject(object as RawObject, NAMESPACE)
  return 'object' in parsed ? [parsed.object] : parsed.problems
}

const objectOf = (kind: string, name: string, spec: object, version = 'v1beta1') => ({
  apiVersion: `metallb.io/${version}`,
  kind,
  metadata: { name, namespace: NAMESPACE },
  spec,
})
const peerOf = (name: string, spec: object) =>
  objectOf('BGPPeer', name, { myASN: 64513, peerASN: 64512, ...spec }, 'v1beta2')

const GOOD = ['network.yaml', 'service.yaml']
  .flatMap((file) => documentsIn(`malformed/good/${file}`))
  .flatMap(givenOf)

/** The first line of an input: object, field, rule. */
const EXPECTED = /^# expect: \S+ \S+ (\w+(?:\.\w+)*)/gm
const INPUT = /^(?!case|peers).*\.yaml$/

const CASES = readdirSync(join(TEST, 'cases')).filter((name) => /^(?:guide|openshift)-/.test(name))

suite('admission', { skip: await skipWithoutKube() }, () => {
  const folder = temporaryFolder()
  const failures: unknown[] = []
  let server: ApiServer
  let admin: Access
  let admission: Admission
  let standing: Given[] = GOOD

  const overlapping = objectOf('IPAddressPool', 'twin', { addresses: ['192.0.2.0/28'] })
  const untilAsked = () =>
    eventually(async () => assert.equal(by(await create(admin, overlapping)), 'webhook'))

  before(async () => {
    server = await startApiServer({ dir: folder.dir })
    admin = await server.access()
    const now = () => ({ objects: configObjects(standing) })
    admission = await openAdmission(server, now, failures)
    // The server hears of webhooks by a watch of its own.
    await untilAsked()
  })
  after(async () => {
    await admission?.[Symbol.asyncDispose]()
    await server?.[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
    assert.deepEqual(failures, [], 'no review failed')
  })

  /** Asks for one after the other, each beside those that were taken; other kinds are there first. */
  async function createAll(objects: readonly Written[], beside: readonly Given[]) {
    const replies: WriteReply[] = []
    standing = [...beside, ...objects.filter((one) => !isOurs(one)).flatMap(givenOf)]
    for (const object of objects.filter(isOurs)) {
      const reply = await create(admin, placed(object))
      replies.push(reply)
      if (by(reply) === 'nobody') standing = [...standing, ...givenOf(object)]
    }
    standing = GOOD
    return replies
  }

  for (const name of MISTAKES) {
    const who = refusedBy(name)
    test(`${name}: refused by ${who}`, async () => {
      const path = `malformed/inputs/${name}.yaml`
      const replies = await createAll(documentsIn(path), GOOD)
      const refused = replies.filter((reply) => by(reply) !== 'nobody')
      if (who === 'nobody') {
        assert.deepEqual(refused, [])
        assert.notDeepEqual(
          replies.flatMap(({ warnings }) => warnings),
          [],
        )
        return
      }
      assert.deepEqual(refused.map(by), [who])
      // The field that every other door names, too.
      const fields = [...readFileSync(join(TEST, path), 'utf8').matchAll(EXPECTED)]
      const named = fields.some(([, field]) => refused[0]?.message.includes(field!))
      assert.ok(named, refused[0]?.message)
    })
  }

  test('the table names inputs that exist', () => {
    const unknown = [...BY_WEBHOOK, ...TOLD].filter((name) => !MISTAKES.includes(name))
    assert.deepEqual(unknown, [])
  })

  for (const { kind, version, path, sentence, spec, name = 'broken' } of BROKEN_RULES) {
    test(`refused by definition: ${kind} ${version} ${JSON.stringify(spec)}`, async () => {
      const { status, message } = await create(admin, objectOf(kind, name, spec, version))
      assert.equal(status, 422)
      assert.ok(message.includes(`is invalid: spec.${path}: Invalid value`), message)
      assert.ok(message.endsWith(`: ${sentence}`), message)
    })
  }

  for (const name of CASES) {
    const refuses = name.startsWith('openshift-refused-')
    test(`the YAML of the guides ${refuses ? 'that is wrong' : 'is taken'}: ${name}`, async () => {
      const files = readdirSync(join(TEST, 'cases', name)).filter((file) => INPUT.test(file))
      const objects = files.flatMap((file) => documentsIn(`cases/${name}/${file}`))
      const known = objects.filter((one) => !isOurs(one) || one.kind !== 'MetalLB')
      const replies = await createAll(known, [])
      const refused = replies.filter((reply) => by(reply) !== 'nobody')
      if (refuses) assert.equal(refused.length, 1)
      else assert.deepEqual(refused, [])
    })
  }

  test('a deprecated field is a warning, and no way around the rules', async () => {
    const [taken, refused] = await createAll(
      [
        peerOf('new', { peerAddress: '192.168.1.9', disableMP: true }),
        peerOf('twin', { peerAddress: '192.168.1.1', disableMP: true }),
      ],
      GOOD,
    )
    assert.deepEqual(taken?.warnings, [
      'spec.disableMP is deprecated and has no effect; leave it out',
    ])
    assert.match(refused?.message ?? '', /denied the request: .* already exists/)
  })

  test('the warning of an old version is said once', async () => {
    const pool = objectOf('AddressPool', 'old', { protocol: 'bgp', addresses: ['203.0.113.0/24'] })
    assert.deepEqual((await create(admin, pool)).warnings, [
      'metallb.io v1beta1 AddressPool is deprecated, consider using IPAddressPool',
    ])
  })

  test('a BFD profile in use is not deleted', async () => {
    await server.apply(stringify(objectOf('BFDProfile', 'good', { echoMode: true })))
    const remove = () => server.kubectl('delete', 'bfdprofile', 'good', '-n', NAMESPACE)
    await assert.rejects(remove(), /failed to delete BFDProfile "good": .*BGPPeer "good"/)
    standing = []
    await remove()
    standing = GOOD
  })

  const read = async (version: string, name: string) =>
    JSON.parse(
      await server.kubectl(
        'get',
        `bgppeers.${version}.metallb.io`,
        name,
        '-n',
        NAMESPACE,
        '-ojson',
      ),
    )

  test('a peer survives a client of the old version', async () => {
    const fields = { peerAddress: '192.168.1.7', vrf: 'red', holdTime: '0s', keepaliveTime: '0s' }
    await server.apply(stringify(peerOf('both', fields)))
    const written = await read('v1beta2', 'both')
    const old = await read('v1beta1', 'both')
    assert.equal(old.apiVersion, 'metallb.io/v1beta1')
    assert.equal(old.spec.vrf, undefined)
    assert.equal(old.spec.peerPort, 179)

    old.spec.routerID = '10.0.0.1'
    const path = folder.path('old.json')
    folder.write('old.json', JSON.stringify(old))
    await server.kubectl('replace', '-f', path)
    const again = await read('v1beta2', 'both')
    assert.deepEqual(again.spec, { ...written.spec, routerID: '10.0.0.1' })
    assert.deepEqual(again.metadata.annotations, written.metadata.annotations)
  })

  test('a peer without timers has none, in whichever version it was written', async () => {
    const spec = { myASN: 64513, peerASN: 64512, peerAddress: '192.168.1.8' }
    await server.apply(stringify(objectOf('BGPPeer', 'plain', spec, 'v1beta1')))
    const stored = (await read('v1beta2', 'plain')).spec
    assert.equal(stored.peerAddress, '192.168.1.8')
    assert.deepEqual(
      Object.keys(stored).filter((field) => field.endsWith('Time')),
      [],
    )
  })

  test('the old pool in its older version', async () => {
    const spec = { protocol: 'layer2', addresses: ['203.0.113.0/24'] }
    await server.apply(stringify(objectOf('AddressPool', 'older', spec, 'v1alpha1')))
    const what = ['addresspools.v1alpha1.metallb.io', 'older', '-n', NAMESPACE, '-o', 'json']
    const { apiVersion, spec: stored } = JSON.parse(await server.kubectl('get', ...what))
    assert.equal(apiVersion, 'metallb.io/v1alpha1')
    assert.deepEqual(stored, { ...spec, autoAssign: true })
  })

  const configuration = async () =>
    JSON.parse(
      await server.kubectl('get', 'validatingwebhookconfiguration', CONFIGURATION, '-o', 'json'),
    )
  const ensure = async () =>
    admission.webhook.use(
      await ensureCertificate(admission.store, { now: Date.now(), dnsName: DNS_NAME }),
    )

  test('a second look at the certificate writes nothing', async () => {
    const before = await configuration()
    await ensure()
    assert.equal((await configuration()).metadata.resourceVersion, before.metadata.resourceVersion)
    assert.equal(admission.webhook.unready(Date.now(), DNS_NAME), undefined)
  })

  test('an authority that somebody blanked comes back', async () => {
    const blank = JSON.stringify([{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }])
    const what = ['validatingwebhookconfiguration', CONFIGURATION]
    await server.kubectl('patch', ...what, '--type=json', '-p', blank)
    await ensure()
    const { webhooks } = await configuration()
    const bundles = webhooks.map((one: { clientConfig: { caBundle?: string } }) => one.clientConfig)
    assert.equal(new Set(bundles.map((one: { caBundle?: string }) => one.caBundle)).size, 1)
    await untilAsked()
  })

  test('a new authority while the server runs', async () => {
    const secret = ['secret', 'metallb-webhook-cert', '-n', NAMESPACE]
    await server.kubectl('patch', ...secret, '--type=merge', '-p', '{"data":{"ca.key":""}}')
    await ensure()
    await untilAsked()
    await eventually(async () => assert.ok(await read('v1beta1', 'both')))
  })
})

/** Who refused it. */
function by({ status, message }: WriteReply): 'nobody' | 'webhook' | 'definition' {
  if (status < 300) return 'nobody'
  return message.includes('denied the request') ? 'webhook' : 'definition'
}
