import assert from 'node:assert/strict'
import test from 'node:test'
import { temporaryFolder } from '../../test/support/folder.ts'
import { LIVING } from '../frr/alive.ts'
import { VtyServer } from '../frr/vty-server.ts'
import { livezRoute } from './livez.ts'

async function open(...daemons: string[]) {
  const folder = temporaryFolder()
  const asked: string[] = []
  const servers = new Map<string, VtyServer>()
  for (const daemon of daemons) {
    const override = (line: string): [string, number] => {
      asked.push(`${daemon}: ${line}`)
      return ['FRRouting 10.3', 0]
    }
    servers.set(daemon, await VtyServer.open(folder.path(`${daemon}.vty`), { override }))
  }
  const route = livezRoute(folder.dir)
  return {
    ...{ asked, servers, route },
    look: async () => await route.answer(new URLSearchParams()),
    [Symbol.asyncDispose]: async () => {
      for (const server of servers.values()) await server[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

test('all daemons answer, more may; each is asked', async () => {
  await using frr = await open(...LIVING, 'ospfd')
  assert.deepEqual(await frr.look(), { text: '' })
  assert.deepEqual(
    frr.asked.toSorted(),
    LIVING.map((daemon) => `${daemon}: show version`),
  )
  assert.equal(frr.route.isOpen, true)
})

test('one that is missing is named', async () => {
  await using frr = await open('bgpd', 'watchfrr', 'zebra')
  assert.deepEqual(await frr.look(), { status: 404, text: 'no answer from bfdd, staticd\n' })
})

test('nobody to ask', async () => {
  await using frr = await open()
  const { status, text } = await frr.look()
  assert.equal(status, 500)
  assert.match(text, /cannot reach FRR at .*bfdd\.vty \(ENOENT\): the daemon is not running/)
})

test('a daemon that closes the door is missing', async () => {
  await using frr = await open(...LIVING)
  // Its socket file stays, as after a crash.
  await frr.servers.get('zebra')![Symbol.asyncDispose]()
  assert.deepEqual(await frr.look(), { status: 404, text: 'no answer from zebra\n' })
})

test('many who ask at once are one question', async () => {
  await using frr = await open(...LIVING)
  await Promise.all(Array.from({ length: 100 }, () => frr.look()))
  assert.equal(frr.asked.length, LIVING.length)
})
