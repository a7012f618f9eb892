// The API server goes away, comes back, or forgets what it told: with a hundred Services standing, no
// route may go, whoever is started meanwhile, and what is changed afterwards has to reach the router.
import assert from 'node:assert/strict'
import { after, before, beforeEach, suite, test } from 'node:test'
import type { Role } from '../net/support/role-process.ts'
import { eventually } from '../support/eventually.ts'
import { serviceName } from '../support/many-services.ts'
import { type Cluster, openCluster, skipWithoutCluster } from './support/cluster.ts'
import { NAMES, webText } from './support/objects.ts'
import { cutOff, ManyChanges } from './support/outage.ts'
import { unnoticed } from './support/unnoticed.ts'

const ROUTES = 100
const UNREACHABLE = /what was known stays in force/

suite('what an API server that is away costs', { skip: await skipWithoutCluster() }, () => {
  let cluster: Cluster
  before(async () => {
    cluster = await openCluster()
    const texts = Array.from({ length: ROUTES }, (_, at) => webText(serviceName('web', at), 'n1'))
    await cluster.apply(texts.join(''))
    for (const { hearing } of cluster.nodes) await hearing.counts(ROUTES)
  })
  // What one test leaves undone shall not be the next one's failure, too.
  beforeEach(() => cluster.server.start())
  after(() => cluster?.[Symbol.asyncDispose]())

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`it ends by ${signal} and comes back: nothing is withdrawn`, async () => {
      await unnoticed(cluster, async () => {
        await cluster.server.stop(signal)
        await cluster.server.start()
      })
    })
  }

  test('it forgets what it told, so that everything is read anew: nothing is withdrawn', async () => {
    await unnoticed(cluster, () => cluster.server.forget())
  })

  for (const [how, leave] of [
    ['was away', () => cluster.server.stop('SIGKILL')],
    ['forgets', () => cluster.server.forget()],
  ] as const) {
    test(`right after it ${how}, a Service comes and another goes`, async (t) => {
      await cluster.apply(webText('old', 'n1'))
      const old = `${await cluster.addressOf('old')}/32`
      await cluster.hears(old, NAMES)
      await leave()
      await cluster.server.start()
      const started = performance.now()
      // A server that has only just come back refuses some things for a moment.
      await eventually(() => cluster.remove('Service', 'old'))
      await eventually(() => cluster.apply(webText('new', 'n2')))
      const fresh = `${await cluster.addressOf('new')}/32`
      await cluster.hears(fresh, NAMES)
      if (fresh !== old) await cluster.hears(old, [])
      t.diagnostic(`${((performance.now() - started) / 1000).toFixed(2)} s until all was right`)
      await cluster.remove('Service', 'new')
      await cluster.hears(fresh, [])
      for (const { hearing } of cluster.nodes) assert.equal(hearing.table.size, ROUTES)
    })
  }

  test('500 Services come and go before the roles reach it again', async () => {
    const many = new ManyChanges(cluster, 500)
    await many.prepare()
    await cluster.server.stop('SIGKILL')
    await cutOff(cluster, async () => {
      await cluster.server.start()
      await many.make()
    })
    await many.arrive()
    await many.check()
    await many.tidy()
  })

  test('a speaker is killed and started while it is away: FRR keeps its routes', async () => {
    await unnoticed(cluster, async () => {
      await cluster.server.stop('SIGKILL')
      await restartWithout(cluster.node('n1').speaker)
      await cluster.server.start()
    })
  })

  test('the controller is killed and started while it is away: no address moves', async () => {
    await unnoticed(cluster, async () => {
      await cluster.server.stop('SIGKILL')
      await restartWithout(cluster.controller)
      await cluster.server.start()
    })
  })

  test('FRR is killed while it is away: the speaker gives it all the routes again', async () => {
    const { frr, hearing } = cluster.node('n3')
    await cluster.server.stop('SIGKILL')
    await frr.kill('bgpd', 'SIGKILL')
    await hearing.closed()
    await frr.start('bgpd')
    await hearing.established()
    await hearing.counts(ROUTES)
    await unnoticed(cluster, () => cluster.server.start())
  })

  /** Returns when the new process has said that it cannot reach the API server. */
  async function restartWithout(role: Role): Promise<void> {
    await role.kill('SIGKILL')
    const told = await role.tells(UNREACHABLE)
    await role.start()
    await told.line()
  }
})
