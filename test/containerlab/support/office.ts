// The LAN of the layer 2 topology in use: an application behind the addresses on every node, as kube-proxy
// would put it there, and a client that calls it all the time and notes who answers.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import { parse } from 'yaml'
import type { Netns } from '../../../src/lab/netns.ts'
import { until } from '../../../src/lab/until.ts'
import type { Fleet } from './fleet.ts'
import { patiently } from './judging.ts'
import type { Answer } from './tcp-caller.ts'

export interface Office extends AsyncDisposable {
  readonly addresses: readonly string[]
  /** Of the client, oldest first; grows. */
  readonly answers: readonly Answer[]
  /** Waits until one node answers the client for an address, and it is not this one. */
  otherThan(address: string, node: string): Promise<string>
  /**
   * Waits until one node answers when the client asks who has an address, and it is this one if one is
   * named. It asks anew, for a node that was accused wrongly tells nobody that it still has the address.
   */
  owner(address: string, node?: string): Promise<string>
  /** The longest time without an answer since then. */
  longestGapMs(address: string, since: number): number
}

/** Enough answers in a row from one node to call it the owner. */
const STEADY = 20

export async function openOffice(fleet: Fleet): Promise<Office> {
  await using stack = new AsyncDisposableStack()
  const addresses = await addressesOfService(fleet)
  for (const { name } of fleet.network.nodes) {
    const netns = fleet.lab.netns(name)
    await takeAddresses(netns, addresses)
    const lines = run(stack, netns, ['answerer.ts', name])
    await until(`the application on ${name} listens`, () => lines.includes('listening'))
  }
  const answers: Answer[] = []
  const client = fleet.lab.netns('client')
  run(stack, client, ['tcp-caller.ts', ...addresses], (line) =>
    answers.push(JSON.parse(line) as Answer),
  )
  const stop = stack.move()
  const of = (address: string, from = 0) =>
    answers.slice(from).filter((one) => one.address === address)
  return {
    addresses,
    answers,
    otherThan: (address, node) =>
      patiently(async () => {
        const owner = steadyOwner(of(address))
        assert.notEqual(owner, node, `who answers for ${address}`)
        return owner
      }),
    owner: (address, node) =>
      patiently(async () => {
        const since = answers.length
        await client.exec(['ip', 'neigh', 'flush', 'to', address, 'dev', 'eth0'])
        const enough = () => of(address, since).length >= STEADY
        await until(`answers for ${address}`, enough, { timeoutMs: 2000 })
        const owner = steadyOwner(of(address, since))
        if (node !== undefined) assert.equal(owner, node, `who answers for ${address}`)
        return owner
      }),
    longestGapMs(address, since) {
      const times = of(address).map(({ at }) => at)
      const gaps = times.slice(1).map((at, index) => (at < since ? 0 : at - times[index]!))
      return Math.max(0, ...gaps)
    },
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  }
}

function steadyOwner(answers: readonly Answer[]): string {
  const last = answers.slice(-STEADY)
  assert.equal(last.length, STEADY, 'answers')
  const [owner = 'nobody', ...others] = new Set(last.map(({ from }) => from))
  assert.deepEqual(others, [], `who answers besides ${owner}`)
  return owner
}

/** What the controller gave. */
async function addressesOfService(fleet: Fleet): Promise<string[]> {
  const path = join(fleet.objectsDir, '.status/Service/default/web.yaml')
  return await patiently(async () => {
    const { status } = parse(await readFile(path, 'utf8'))
    const ingress = status.loadBalancer.ingress as { ip: string }[]
    assert.equal(ingress.length, 2)
    return ingress.map(({ ip }) => ip)
  })
}

/** As kube-proxy with strict ARP: the node takes the packets, and its kernel answers no ARP for them. */
async function takeAddresses(netns: Netns, addresses: readonly string[]): Promise<void> {
  await netns.sysctl({ 'ipv4/conf/all/arp_ignore': 1, 'ipv4/conf/all/arp_announce': 2 })
  await netns.addAddresses(
    'lo',
    addresses.map((address) => `${address}/${address.includes(':') ? 128 : 32}`),
  )
}

function run(
  stack: AsyncDisposableStack,
  netns: Netns,
  [script = '', ...args]: readonly string[],
  onLine?: (line: string) => void,
): string[] {
  const program = [process.execPath, join(import.meta.dirname, script), ...args]
  const [file = '', ...argv] = netns.command(program)
  const child = execa(file, argv, { stderr: 'inherit', buffer: false, reject: false })
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', onLine ?? ((line) => lines.push(line)))
  stack.defer(async () => {
    child.kill('SIGTERM')
    await child
  })
  return lines
}
