// One FRR router and two nodes, each with the Pod of our DaemonSet: the least that is whole. What the
// router knows, what a person sees who looks into the Pod, and what becomes of it when things end.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { Netns } from '../../src/lab/netns.ts'
import { skipWithoutDocker } from './support/container-images.ts'
import { type Fleet, openFleet } from './support/fleet.ts'
import { allSigned, allUp, nodesAt, patiently, readsWell, tells, vtysh } from './support/judging.ts'
import { unheard } from './support/unheard.ts'

const WEB = {
  prefixes: ['198.51.100.1/32', '2001:db8:64::/128'],
  nodes: ['n1', 'n2'],
  communities: '64512:100 64512:1:100',
}

suite('one router and two nodes', { skip: await skipWithoutDocker() }, () => {
  let fleet: Fleet
  before(async () => {
    fleet = await openFleet({ name: 'one-router', say: (line) => console.log(line) })
  })
  after(() => fleet?.[Symbol.asyncDispose]())

  const r1 = () => fleet.router('r1')
  const hears = (...nodes: string[]) => tells(fleet, r1(), { ...WEB, nodes })

  test('all sessions stand, with BFD, seen from both ends, and signed', async () => {
    await allUp(fleet)
    for (const node of ['n1', 'n2']) await allSigned(fleet, node)
  })

  test('the router has the addresses of both families from both nodes, and nothing else of them', () =>
    hears('n1', 'n2'))

  test('FRR in the Pod is content, and says so to whoever asks', async () => {
    for (const node of ['n1', 'n2']) {
      await readsWell(fleet, node)
      assert.deepEqual(await fleet.pod(node).probe('frr'), { alive: true, said: '' })
    }
  })

  test('the password of another Secret is not the router’s: no session, until it is right again', async () => {
    const failures = await md5Failures(r1().netns)
    const right = base64('ferrule-demo')
    await fleet.change('2-peers.yaml', right, base64('another'))
    await hears()
    await patiently(async () => assert.ok((await md5Failures(r1().netns)) > failures))
    await fleet.change('2-peers.yaml', base64('another'), right)
    await hears('n1', 'n2')
  })

  test('a node is cut off: BFD says so, and its routes go; those of the other stay', async () => {
    await fleet.lab.cut('n1')
    await hears('n2')
    for (const [address, node] of nodesAt(fleet, r1())) {
      if (node === 'n1') assert.equal(await lastWords(fleet, address), 'Cease/BFD Down')
    }
    await fleet.lab.heal('n1')
    await allUp(fleet)
    await hears('n1', 'n2')
  })

  test('the speaker is killed: the router hears nothing of it', async () => {
    await unheard(fleet, 'n1', () => fleet.kill('n1', 'speaker'))
  })

  test('FRR is killed: the other node serves, and all is back by itself', async () => {
    await fleet.kill('n1', 'frr')
    await allUp(fleet)
    await hears('n1', 'n2')
    assert.match(await vtysh(fleet, 'n1', 'show running-config'), /network 198\.51\.100\.1\/32/)
  })
})

const base64 = (text: string) => Buffer.from(text).toString('base64')

/** Packets that the router's kernel threw away because their signature was wrong. */
async function md5Failures(netns: Netns): Promise<number> {
  const text = await netns.exec(['cat', '/proc/net/netstat'])
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '))
  return Number(values[names.indexOf('TCPMD5Failure')])
}

/** What the router would have told a neighbour whom it gave up (RFC 9384 for BFD). */
async function lastWords(fleet: Fleet, peer: string): Promise<string | undefined> {
  const text = await fleet.router('r1').show(`show bgp neighbors ${peer} json`)
  const known = JSON.parse(text) as Record<string, { lastNotificationReason?: string }>
  return known[peer]?.lastNotificationReason
}
