// A hundred mistakes at once, in a cluster whose definitions let them in and whose webhook nobody
// answers: each is left out in the same words everywhere, and what was served goes on being served.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { MESSAGE_MAX } from '../../src/api/condition.ts'
import type { RawObject } from '../../src/api/kinds.ts'
import { parseObject } from '../../src/config/parse.ts'
import { keyOf, type Problem, printProblem } from '../../src/config/problem.ts'
import { review } from '../../src/webhook/review.ts'
import { configObjects, type Given } from '../support/build.ts'
import { eventually } from '../support/eventually.ts'
import { asChecked, configurationOf } from './support/checked.ts'
import { type Cluster, openCluster, skipWithoutCluster } from './support/cluster.ts'
import { NAMES, OWN, ownText, webText } from './support/objects.ts'
import { withoutRules, withRules } from './support/old-definitions.ts'
import { settled, unnoticed } from './support/unnoticed.ts'
import { goodObjects, LABEL, printed, wrongObjects } from './support/wrong-objects.ts'

const STATES = ['controller', ...NAMES.map((node) => `speaker-${node}`)]
const KINDS = 'addresspools,bfdprofiles,bgpadvertisements,bgppeers,communities,ipaddresspools'
const { wrong, beside } = wrongObjects()
/** A loaded machine has four processes that read all of it anew. */
const PATIENCE_MS = 60_000

suite('a hundred mistakes', { skip: await skipWithoutCluster() }, () => {
  let cluster: Cluster
  let address: string
  before(async () => {
    cluster = await openCluster()
    // Not the good pool: what advertises that one has another preference.
    await cluster.apply(ownText('BGPAdvertisement', 'all', { ipAddressPools: ['all'] }))
    await cluster.apply(printed([...goodObjects(), ...beside]) + webText('web', 'n2'))
    address = await cluster.addressOf('web')
    await cluster.hears(`${address}/32`, NAMES)
    // The route may be told anew while the last of the good objects are on their way.
    await settled(cluster)
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  test('are left out one by one, and nothing is withdrawn', async (t) => {
    await unnoticed(cluster, async () => {
      await withoutRules(cluster)
      await cluster.apply(printed(wrong))
      await allSay(await problems())
    })
    const found = new Set((await problems()).map(keyOf))
    assert.deepEqual([...found].sort(), wrong.map(keyOfRaw).sort())
    assert.ok(found.size >= 60)
    t.diagnostic(`${found.size} objects with a problem`)
  })

  test('are told by the webhook in the same words', async () => {
    const names = new Set(wrong.map(keyOfRaw))
    const others = (await configurationOf(cluster)).filter((one) => !names.has(keyOfRaw(one)))
    const standing = { objects: configObjects(others.flatMap(givenOf)) }
    const told = new Map(wrong.map((one) => [keyOfRaw(one), said(one)]))
    for (const problem of await problems()) {
      const { path, message } = problem
      const sentence = path === '' ? message : `${path}: ${message}`
      const words = told.get(keyOf(problem)) ?? ''
      assert.ok(words.includes(sentence), `${printProblem(problem)}\nwebhook: ${words}`)
    }

    function said(object: RawObject): string {
      const reply = review(reviewOf(object), standing)
      assert.ok('response' in reply)
      const { status, warnings = [] } = reply.response
      return [status?.message ?? '', ...warnings].join('; ')
    }
  })

  test('stand when the rules come and everything is started anew: nothing is withdrawn', async () => {
    await unnoticed(cluster, async () => {
      await withRules(cluster)
      for (const role of [cluster.controller, ...cluster.nodes.map(({ speaker }) => speaker)]) {
        await role.kill('SIGTERM')
        await role.start()
      }
      await allSay(await problems())
    })
    assert.equal(await cluster.addressOf('web'), address)
  })

  test('of which there are more than a status can hold: what does not fit is counted', async () => {
    const communities = Array.from({ length: 300 }, (_, at) => `nobody-defines-${at}`)
    const many = (name: string) => ownText('BGPAdvertisement', name, { communities })
    await cluster.apply(many('many-1') + many('many-2'))
    await eventually(async () => {
      for (const name of STATES) {
        const { errorSummary, conditions } = await stateOf(name)
        assert.match(errorSummary, /\nand \d+ more; "ferrule check" on these objects tells all/)
        assert.equal(conditions[0].message, errorSummary)
        assert.ok(errorSummary.length <= MESSAGE_MAX)
      }
    }, PATIENCE_MS)
    for (const name of ['many-1', 'many-2']) await cluster.remove('BGPAdvertisement', name, OWN)
  })

  test('are removed: everybody says that the configuration is valid, and nothing is withdrawn', async () => {
    await unnoticed(cluster, async () => {
      const what = [`${KINDS},l2advertisements,secrets`, '-A', '-l', LABEL, '--wait=false']
      await cluster.server.kubectl('delete', ...what)
      await eventually(async () => {
        for (const name of STATES) {
          const { result, errorSummary } = await stateOf(name)
          assert.deepEqual({ result, errorSummary }, { result: 'Valid', errorSummary: undefined })
        }
      }, PATIENCE_MS)
    })
    assert.equal(await cluster.addressOf('web'), address)
    for (const { hearing } of cluster.nodes) assert.equal(hearing.sessions, 1, 'no session broke')
  })

  const problems = (): Promise<readonly Problem[]> => asChecked(cluster)

  /** Word for word what `ferrule check` says of the objects in the cluster. */
  async function allSay(expected: readonly Problem[]): Promise<void> {
    const lines = expected.map(printProblem)
    await eventually(async () => {
      for (const name of STATES) {
        const { result, errorSummary = '' } = await stateOf(name)
        assert.deepEqual(errorSummary.split('\n'), lines, name)
        assert.equal(result, 'Invalid')
      }
    }, PATIENCE_MS)
  }

  async function stateOf(name: string) {
    return (await cluster.find('ConfigurationState', name, OWN))?.status ?? {}
  }
})

const keyOfRaw = ({ kind, metadata }: RawObject) => `${kind}/${OWN}/${metadata.name}`

function givenOf(object: RawObject): Given[] {
  const parsed = parseObject(object, OWN)
  return 'object' in parsed ? [parsed.object] : parsed.problems
}

function reviewOf(object: RawObject) {
  const [group, version] = object.apiVersion.split('/')
  const { kind, metadata } = object
  const request = {
    ...{ uid: 'u', kind: { group, version, kind }, operation: 'CREATE', object },
    ...{ name: metadata.name, namespace: OWN },
  }
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request }
}
