// Layer 2 on real interfaces: what a client of the same LAN hears, asked by programs and by its kernel,
// while interfaces come, go and change, and while the responder's own threads and process end.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, suite, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { buildBundle } from '../../src/cmd/build.ts'
import { type Net, type Netns, openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { anyExists } from '../../src/lab/packages.ts'
import { isRunning } from '../../src/lab/process.ts'
import { eventually } from '../support/eventually.ts'
import { temporaryFolder } from '../support/folder.ts'
import type { NodeOptions } from './support/layer2-node.ts'
import {
  macIn,
  mislead,
  neighbourOf,
  type Responding,
  startResponding,
  whoHas,
} from './support/responding.ts'

const V4 = '192.0.2.100'
const V6 = '2001:db8:2::100'
const CRASHING = pathToFileURL(join(import.meta.dirname, 'support/crashing-worker.ts')).href
const ONLY_NET_RAW = ['setpriv', '--bounding-set', '-all,+net_raw', '--inh-caps', '-all']
const NOTHING = ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all']

async function whyNot(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  if (await anyExists(['/usr/bin/arping', '/usr/sbin/arping'])) return false
  return 'there is no arping: run npm run setup'
}
const why = await whyNot()

suite('layer 2', { skip: process.env.CI === 'true' ? false : why }, () => {
  const stack = new AsyncDisposableStack()
  let net: Net
  let node: Netns
  let client: Netns
  let round = 0
  before(async () => {
    assert.equal(why, false)
    net = stack.use(await openNet(uniquePrefix('ltwo')))
  })
  after(() => stack.disposeAsync())

  /** A node and a client on a link of their own: what a test changes is nobody else's. */
  async function pair(): Promise<void> {
    round += 1
    node = await net.addNetns(`n${round}`)
    client = await net.addNetns(`c${round}`)
    await connect('eth0', 1)
  }
  const connect = (ifname: string, third: number) =>
    net.link(
      { netns: node, ifname },
      {
        netns: client,
        ifname,
        addresses: [`192.0.${1 + third}.2/24`, `2001:db8:${1 + third}::2/64`],
      },
    )

  const running: Responding[] = []
  afterEach(async () => {
    for (const one of running.splice(0)) await one[Symbol.asyncDispose]()
  })
  async function responder(options: NodeOptions = {}, before: readonly string[] = []) {
    const one = await startResponding(node, options, before)
    running.push(one)
    return one
  }
  const linkIs = (one: Responding, name: string, ndp = true) =>
    eventually(async () => assert.equal((await one.linkNamed(name))?.ndp, ndp))
  const answered = (target: string, mac: string | undefined, device = 'eth0') =>
    eventually(async () => assert.equal(await whoHas(client, target, device), mac))
  /** The client's kernel believes it without having asked. */
  const believed = (target: string, mac: string, device = 'eth0') =>
    eventually(async () => assert.equal((await neighbourOf(client, target, device))?.lladdr, mac))

  test('a client finds both kinds of addresses, and nothing is answered that is not ours', async () => {
    await pair()
    const one = await responder({ addresses: [[V4], [V6]] })
    const mac = await macIn(node, 'eth0')
    await answered(V4, mac)
    assert.equal(await whoHas(client, '192.0.2.101'), undefined)
    await linkIs(one, 'eth0')
    // Its kernel asks who that is; there is nobody behind the address who would answer a ping.
    await assert.rejects(client.exec(['ping', '-c', '1', '-W', '1', V6]))
    await eventually(async () => {
      const { lladdr, state } = (await neighbourOf(client, V6))!
      assert.deepEqual([lladdr, state], [mac, ['REACHABLE']])
    })
    const found = await client.exec(['ndisc6', '-1', '-q', V6, 'eth0'])
    assert.equal(found.trim().toLowerCase(), mac)
    for (const { address, requests, responses } of (await one.state()).counters) {
      assert.ok(requests > 0 && requests === responses, `${address}: ${requests}, ${responses}`)
    }
    await one.apply([V6])
    assert.equal(await whoHas(client, V4), undefined)
  })

  test('whoever checks whether an address of ours is free hears that it is not', async () => {
    await pair()
    const one = await responder({ addresses: [[V4], [V6]] })
    await linkIs(one, 'eth0')
    await assert.rejects(client.exec(['arping', '-D', '-c', '1', '-w', '2', '-I', 'eth0', V4]))
    const free = ['arping', '-D', '-c', '1', '-w', '1', '-I', 'eth0', '192.0.2.101']
    assert.match(await client.exec(free), /Received 0 response/)
    await client.sysctl({ 'ipv6/conf/eth0/accept_dad': 1, 'ipv6/conf/eth0/dad_transmits': 1 })
    await client.ip(`address add ${V6}/64 dev eth0`)
    await eventually(async () => {
      assert.match(await client.exec(['ip', '-6', 'address', 'show', 'dev', 'eth0']), /dadfailed/)
    })
  })

  for (const [family, target] of [
    ['IPv4', V4],
    ['IPv6', V6],
  ] as const) {
    test(`a neighbour that makes sure by unicast is answered: ${family}`, async () => {
      await pair()
      const one = await responder({ addresses: [[target]] })
      await linkIs(one, 'eth0')
      const mac = await macIn(node, 'eth0')
      // The kernel asks three times at that hardware address, and if in vain the entry fails.
      await client.ip(`neigh replace ${target} lladdr ${mac} dev eth0 nud probe`)
      await eventually(async () => {
        assert.deepEqual((await neighbourOf(client, target))?.state, ['REACHABLE'])
      })
    })
  }

  test('an address for one interface is answered there only, and told where it is added', async () => {
    await pair()
    await connect('eth1', 2)
    const one = await responder({ addresses: [[V4, 'eth1']] })
    await answered(V4, await macIn(node, 'eth1'), 'eth1')
    assert.equal(await whoHas(client, V4), undefined)
    assert.ok((await one.state()).frames['other-interface'] > 0)
    await mislead(client, V4)
    await one.apply([V4, 'eth0', 'eth1'])
    await believed(V4, await macIn(node, 'eth0'))
  })

  test('an excluded interface is neither listed nor answers', async () => {
    await pair()
    await connect('eth1', 2)
    const one = await responder({ addresses: [[V4]], excluded: ['^eth1$', '^lo$'] })
    assert.deepEqual(
      (await one.state()).links.map(({ name }) => name),
      ['eth0'],
    )
    assert.equal(await whoHas(client, V4, 'eth1'), undefined)
    await answered(V4, await macIn(node, 'eth0'))
  })

  test('an interface that went down and comes back is announced again', async () => {
    await pair()
    const one = await responder({ addresses: [[V4], [V6]], refreshEveryMs: 0 })
    await linkIs(one, 'eth0')
    await node.ip('link set eth0 down')
    await eventually(async () => {
      assert.equal((await one.linkNamed('eth0'))?.why, 'it is down')
    })
    await node.ip('link set eth0 up')
    await linkIs(one, 'eth0')
    await mislead(client, V4)
    await mislead(client, V6)
    const mac = await macIn(node, 'eth0')
    await believed(V4, mac)
    await believed(V6, mac)
    await answered(V4, mac)
  })

  test('an interface that appears later announces, answers, and hears solicitations', async () => {
    await pair()
    const one = await responder({ addresses: [[V4], [V6]], refreshEveryMs: 0 })
    await connect('late', 2)
    await mislead(client, V4, 'late')
    await mislead(client, V6, 'late')
    const mac = await macIn(node, 'late')
    await believed(V4, mac, 'late')
    await believed(V6, mac, 'late')
    await answered(V4, mac, 'late')
    await eventually(async () => {
      assert.match(await node.exec(['ip', 'maddress', 'show', 'dev', 'late']), /ff02::1:ff00:100/)
    })
    await node.ip('link delete late')
    await eventually(async () => assert.equal(await one.linkNamed('late'), undefined))
  })

  test('a new hardware address is announced', async () => {
    await pair()
    const one = await responder({ addresses: [[V4], [V6]], refreshEveryMs: 0 })
    await linkIs(one, 'eth0')
    await believedAfterBurst(one)
    await node.ip('link set eth0 address 02:00:00:00:00:42')
    for (const target of [V4, V6]) await believed(target, '02:00:00:00:00:42')
    await answered(V4, '02:00:00:00:00:42')
  })

  test('taken for dead for a while, it is believed again by those who were told otherwise', async () => {
    await pair()
    const one = await responder({ addresses: [[V4], [V6]], refreshEveryMs: 0 })
    await linkIs(one, 'eth0')
    await believedAfterBurst(one)
    await one.run('anew')
    for (const target of [V4, V6]) await believed(target, await macIn(node, 'eth0'))
  })
  /** The first burst is over: what is told afterwards has another cause. */
  async function believedAfterBurst(one: Responding): Promise<void> {
    await eventually(async () => {
      const sent = (await one.state()).counters.map(({ gratuitous }) => gratuitous)
      assert.deepEqual(sent, [10, 5])
    })
    for (const target of [V4, V6]) await mislead(client, target)
  }

  test('a bridge answers, its port does not until it is none', async () => {
    await pair()
    await node.ip(
      'link add br0 type bridge forward_delay 0 mcast_snooping 0',
      'link set br0 address 02:00:00:00:00:b0 up',
      'link set eth0 master br0',
    )
    const one = await responder({ addresses: [[V4]] })
    await answered(V4, '02:00:00:00:00:b0')
    assert.equal((await one.linkNamed('eth0'))?.why, 'it is a port of bridge br0')
    await node.ip('link set eth0 nomaster')
    await answered(V4, await macIn(node, 'eth0'))
  })

  test('a VLAN interface answers for its VLAN, and the one below does not', async (t) => {
    await pair()
    try {
      await node.ip('link add link eth0 name eth0.5 type vlan id 5')
    } catch (error) {
      if (!/Unknown device type|not supported/.test(String(error))) throw error
      t.skip('this kernel has no VLAN interfaces')
      return
    }
    await node.ip('link set eth0.5 address 02:00:00:00:00:05 up')
    await client.ip(
      'link add link eth0 name eth0.5 type vlan id 5',
      'link set eth0.5 up',
      'link add link eth0 name eth0.6 type vlan id 6',
      'link set eth0.6 up',
    )
    const one = await responder({ addresses: [[V4, 'eth0.5']] })
    await answered(V4, '02:00:00:00:00:05', 'eth0.5')
    assert.equal(await whoHas(client, V4), undefined)
    await one.apply([V4])
    await answered(V4, await macIn(node, 'eth0'))
    await answered(V4, '02:00:00:00:00:05', 'eth0.5')
    assert.equal(await whoHas(client, V4, 'eth0.6'), undefined, 'of a VLAN that is not ours')
  })

  /** Says once to all that it has the address, which its kernel has. */
  const claim = () => client.exec(['arping', '-U', '-c', '1', '-I', 'eth0', '-s', V4, V4])
  const toldOf = async (one: Responding, address: string) => {
    const mac = await macIn(client, 'eth0')
    await eventually(async () => {
      const [{ at, ...conflict } = { at: 0 }] = (await one.state()).conflicts
      assert.deepEqual(conflict, { address, interface: 'eth0', mac })
    })
  }

  test('another machine that says once that it has our address is asked, and told of', async () => {
    await pair()
    const one = await responder({ addresses: [[V4]] })
    await linkIs(one, 'eth0')
    await client.ip(`address add ${V4}/32 dev eth0`)
    await claim()
    await toldOf(one, V4)
    assert.equal(one.logged.filter(({ event }) => event === 'conflict').length, 1)
    assert.ok((await one.state()).counters[0]!.conflicts > 0)
    await one.apply()
    assert.deepEqual((await one.state()).conflicts, [], 'not ours any longer, no conflict')
  })

  test('another machine that asks from our IPv6 address is told of', async () => {
    await pair()
    const one = await responder({ addresses: [[V6]] })
    await linkIs(one, 'eth0')
    await client.ip(`address add ${V6}/128 dev eth0 nodad`)
    // Nobody is there who would answer it.
    await assert.rejects(client.exec(['ping', '-c', '1', '-W', '1', '-I', V6, '2001:db8:2::55']))
    await toldOf(one, V6)
  })

  test('who claimed our address and gave it up is not told of', async () => {
    await pair()
    const one = await responder({ addresses: [[V4], ['192.0.2.101']] })
    await linkIs(one, 'eth0')
    await client.ip(`address add ${V4}/32 dev eth0`, 'address add 192.0.2.101/32 dev eth0')
    await claim()
    await client.ip(`address delete ${V4}/32 dev eth0`)
    const other = '192.0.2.101'
    await client.exec(['arping', '-U', '-c', '1', '-I', 'eth0', '-s', other, other])
    // What was claimed later is judged later.
    await toldOf(one, other)
    assert.equal((await one.state()).conflicts.length, 1)
  })

  test('thousands of IPv6 addresses: a member of every group, on interfaces that come later too', async () => {
    await pair()
    const many = Array.from(
      { length: 3000 },
      (_, i) => [`2001:db8:2::1:${i.toString(16)}`] as const,
    )
    const one = await responder({ addresses: many })
    const groupsOn = async (device: string) => {
      const text = await node.exec(['ip', '-6', 'maddress', 'show', 'dev', device])
      return text.match(/ff02::1:ff01:/g)?.length ?? 0
    }
    const joined = (device: string, count: number) =>
      eventually(async () => assert.equal(await groupsOn(device), count), 60_000)
    await joined('eth0', 3000)
    await connect('late', 2)
    await joined('late', 3000)
    await one.apply(...many.slice(0, 10))
    await joined('eth0', 10)
    await joined('late', 10)
  })

  test('the capability NET_RAW is enough, and what it cannot have is noted once', async () => {
    await pair()
    const one = await responder({ addresses: [[V4]] }, ONLY_NET_RAW)
    await answered(V4, await macIn(node, 'eth0'))
    assert.deepEqual(
      one.logged.map(({ msg }) => msg.split(':')[0]),
      ['without the capability NET_ADMIN the receive buffer is held to net.core.rmem_max'],
    )
  })

  test('without NET_RAW it says what is missing and where to add it, at every try', async () => {
    await pair()
    const one = await responder({}, NOTHING)
    for (let i = 0; i < 2; i++) {
      await assert.rejects(
        one.apply([V4]),
        /needs the capability NET_RAW .* securityContext\.capabilities\.add of the speaker container/,
      )
    }
    assert.deepEqual([one.logged, (await one.state()).restarts], [[], 0])
  })

  test('news of the kernel that were lost are asked for again', async () => {
    await pair()
    await connect('gone', 2)
    // Without NET_ADMIN the buffer is small enough to overflow.
    const one = await responder({ addresses: [[V4]] }, ONLY_NET_RAW)
    await linkIs(one, 'gone')
    one.signal('SIGSTOP')
    await eventually(async () => {
      await node.ip(...Array.from({ length: 1000 }, (_, i) => `link set lo alias n${i}`))
      const sockets = await readFile(`/proc/${one.pid}/net/netlink`, 'utf8')
      // Those of links and IPv6 addresses; the last column but one counts what was lost.
      const lost = /^\S+ +0 +\d+ +00000101 +\d+ +\d+ +\d+ +\d+ +(\d+)/m.exec(sockets)?.[1]
      assert.ok(Number(lost) > 0, sockets)
    })
    await node.ip('link delete gone')
    one.signal('SIGCONT')
    await eventually(async () => assert.equal(await one.linkNamed('gone'), undefined))
    assert.equal((await one.state()).restarts, 0)
  })

  test('closed, it answers no more', async () => {
    await pair()
    const one = await responder({ addresses: [[V4]] })
    await one.run('close')
    assert.equal(await whoHas(client, V4), undefined)
    assert.ok(isRunning(one.pid))
  })

  for (const [how, end, expected] of [
    ['it ends itself', (one: Responding) => one.runLast('exit'), [3, null]],
    ['of an exception', (one: Responding) => one.runLast('throw'), [1, null]],
    ['by SIGTERM', (one: Responding) => one.signal('SIGTERM'), [null, 'SIGTERM']],
  ] as const) {
    test(`the process ends while layer 2 runs: ${how}`, async () => {
      await pair()
      const one = await responder({ addresses: [[V4], [V6]] })
      end(one)
      // Neither a crash of the foreign code nor a hang: the code is the one that was meant.
      assert.deepEqual(await one.ended, expected)
    })
  }

  test('a thread that fails is followed by another; the third time the process ends', async () => {
    await pair()
    const one = await responder({ entry: CRASHING, addresses: [[V4]] })
    const mac = await macIn(node, 'eth0')
    for (const times of [1, 2]) {
      await one.run('crash-worker')
      await eventually(async () => assert.equal((await one.state()).restarts, times))
      await answered(V4, mac)
      const open = await readFile(`/proc/${one.pid}/net/packet`, 'utf8')
      assert.equal(
        open.trim().split('\n').length - 1,
        2,
        'the sockets of the one before are closed',
      )
    }
    one.runLast('crash-worker')
    assert.deepEqual(await one.ended, [1, null])
    assert.match(
      one.complaint,
      /layer 2 does not stay alive: its thread ended 3 times within a minute/,
    )
    assert.match(one.complaint, /a bug in the worker/)
  })

  test('the worker of the bundle answers as well', async () => {
    await pair()
    using folder = temporaryFolder()
    await buildBundle(folder.path('dist'))
    const entry = pathToFileURL(folder.path('dist/layer2-worker.js')).href
    await responder({ entry, addresses: [[V4]] })
    await answered(V4, await macIn(node, 'eth0'))
  })
})
