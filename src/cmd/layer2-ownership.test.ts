import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../test/support/eventually.ts'
import { freePort } from '../../test/support/free-port.ts'
import type { HoldersWatch } from '../kube/holders.ts'
import { openLog } from '../log.ts'
import type { Holders } from '../reconciler/ownership.ts'
import { onlyFlags } from './flags.ts'
import { openGossip } from './gossip.ts'
import { gossipFlags } from './gossip-flags.ts'
import { AgreedOwnership, checkOwnership, l2Ownership, wordOf } from './layer2-ownership.ts'
import { objects } from './role-flags.ts'

const GOSSIP = ['--ml-bindaddr=10.0.0.1', '--ml-labels=app=speaker']
const flagsOf = (...args: string[]) => onlyFlags({ ...gossipFlags, objects, l2Ownership }, args, {})

for (const [name, args, refusal] of [
  ['nothing is asked for', ['--objects=here'], undefined],
  ['hash, without anything', ['--l2-ownership=hash'], undefined],
  ['a cluster and its gossip', ['--l2-ownership=sticky', ...GOSSIP], undefined],
  [
    'others by their addresses',
    ['--l2-ownership=spread', '--ml-bindaddr=10.0.0.1', '--ml-join=10.0.0.2'],
    undefined,
  ],
  [
    'a folder',
    ['--l2-ownership=spread', '--objects=here', ...GOSSIP],
    /^--l2-ownership=spread needs a cluster: in a folder nobody says which node answers for what$/,
  ],
  ['no address', ['--l2-ownership=sticky', GOSSIP[1]!], /^--l2-ownership=sticky needs the gossip/],
  ['nobody to meet', ['--l2-ownership=sticky', GOSSIP[0]!], /needs the gossip/],
] as [string, string[], RegExp | undefined][]) {
  test(`what an ownership needs: ${name}`, () => {
    const check = () => checkOwnership(flagsOf(...args))
    if (refusal) assert.throws(check, { name: 'UsageError', message: refusal })
    else check()
  })
}

test('an ownership that there is not is a mistake', () => {
  assert.throws(() => flagsOf('--l2-ownership=stick'), {
    message: '--l2-ownership: "stick" is none of hash, sticky, spread',
  })
})

class FakeHolders extends EventEmitter implements HoldersWatch {
  refreshed = 0
  #known: Holders | undefined

  known = () => this.#known
  refresh = () => {
    this.refreshed++
  }

  become(known: Holders): void {
    this.#known = known
    this.emit('change')
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

class FakeRing extends EventEmitter {
  #isUnanimous = false

  isUnanimous = () => this.#isUnanimous

  become(isUnanimous: boolean): void {
    this.#isUnanimous = isUnanimous
    this.emit('change')
  }
}

test('the hash decides until all agree, and nothing until it is known who holds what', async () => {
  const lines: string[] = []
  const log = openLog('info', { write: (line) => lines.push(JSON.parse(line).msg) })
  const [ring, holders] = [new FakeRing(), new FakeHolders()]
  await using ownership = new AgreedOwnership({ mode: 'sticky', ring, holders, log })
  let changes = 0
  ownership.on('change', () => changes++)
  assert.equal(ownership.ruling(), 'hash')
  ring.become(true)
  assert.equal(ownership.ruling(), 'unknown')
  const known: Holders = new Map()
  holders.become(known)
  assert.deepEqual(ownership.ruling(), { mode: 'sticky', holders: known })
  assert.equal(changes, 1)
  ring.become(true)
  ring.become(false)
  assert.equal(ownership.ruling(), 'hash')
  assert.deepEqual(lines, [
    'all living speakers have --l2-ownership=sticky: it takes effect',
    'not all living speakers have --l2-ownership=sticky: the hash decides',
  ])
  ring.emit('regained')
  assert.equal(holders.refreshed, 1)
})

test('speakers tell each other what they go by', async (t: TestContext) => {
  const port = await freePort()
  const open = async (node: string, address: string, word: string) => {
    const args = [`--ml-bindaddr=${address}`, `--ml-bindport=${port}`, '--ml-join=127.0.0.1']
    const flags = { ...flagsOf(...args), namespace: 'm', once: false }
    const { signal } = new AbortController()
    const ring = await openGossip({ flags, node, word, log: openLog('none'), signal })
    t.after(() => ring?.[Symbol.asyncDispose]())
    return ring!
  }
  const first = await open('n1', '127.0.0.1', wordOf('sticky'))
  const second = await open('n2', '127.0.0.2', wordOf('sticky'))
  const agrees = (size: number, expected: boolean) =>
    eventually(() => {
      for (const ring of [first, second]) {
        assert.deepEqual([ring.alive().size, ring.isUnanimous()], [size, expected])
      }
    })
  await agrees(2, true)
  const third = await open('n3', '127.0.0.3', wordOf('hash'))
  await agrees(3, false)
  assert.ok(!third.isUnanimous())
  await third[Symbol.asyncDispose]()
  await agrees(2, true)
})
