import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerlabFiles, containerlabTopology, TOPOLOGY_FILE } from './containerlab.ts'
import { CONTAINER_NETWORKS, demoTopology, layer2Network } from './topology.ts'

for (const [name, make] of CONTAINER_NETWORKS) {
  const network = make()
  const { nodes, links } = containerlabTopology(network)
  const ends = links.flatMap(({ endpoints }) => endpoints)

  test(`${name}: every end of a link is an interface of a node, once`, () => {
    assert.equal(new Set(ends).size, ends.length)
    for (const [node = '', ifname = ''] of ends.map((end) => end.split(':'))) {
      assert.ok(nodes[node], `a node ${node}`)
      // The kernel takes 15 characters.
      assert.match(ifname, /^.{1,15}$/)
    }
  })

  test(`${name}: every port of a LAN is on its bridge`, () => {
    for (const lan of network.lans) {
      const ports = ends.filter((end) => end.startsWith(`${lan.name}:`))
      const mastered = nodes[lan.name]!.exec!.filter((line) => line.endsWith('master br0'))
      assert.deepEqual(
        mastered.map((line) => `${lan.name}:${line.split(' ')[3]}`),
        ports,
      )
    }
  })

  test(`${name}: every leg has its addresses, from the machine itself or from outside`, () => {
    const files = containerlabFiles(name, network)
    for (const { name, legs } of [...network.routers, ...network.nodes]) {
      const own = files.get(`${name}/frr.conf`) ?? ''
      const text = nodes[name]!.exec?.join('\n') ?? own
      for (const { v4, v6 } of legs) {
        for (const address of v6 ? [v4, v6] : [v4]) assert.ok(text.includes(`${address}`), address)
      }
    }
  })

  test(`${name}: what a machine mounts is there`, () => {
    const folders = [...containerlabFiles(name, network).keys()].map((path) => path.split('/')[0])
    const mounted = Object.values(nodes).flatMap(({ binds = [] }) => binds)
    assert.equal(mounted.length, network.routers.length)
    for (const bind of mounted) assert.ok(folders.includes(bind.split(':')[0]), bind)
  })
}

test('routers forward, nobody else does', () => {
  const { nodes } = containerlabTopology(demoTopology())
  const forwarding = Object.keys(nodes).filter(
    (name) => nodes[name]!.sysctls?.['net.ipv4.ip_forward'],
  )
  assert.deepEqual(forwarding, ['r1', 'r2'])
})

test('an FRR router and a BIRD router each get their own files', () => {
  assert.deepEqual(
    [...containerlabFiles('x', demoTopology()).keys()],
    [TOPOLOGY_FILE, 'r1/frr.conf', 'r1/daemons', 'r1/vtysh.conf', 'r2/bird.conf'],
  )
})

test('a client stands in the file like a node', () => {
  const { nodes } = containerlabTopology(layer2Network())
  assert.deepEqual(Object.keys(nodes), ['rack', 'n1', 'n2', 'n3', 'client'])
})

test('a file of YAML 1.1 says the word no, not that something is false', () => {
  const text = containerlabFiles('x', demoTopology()).get(TOPOLOGY_FILE)!
  assert.match(text, /restart-policy: "no"\n/)
  assert.match(text, /- endpoints: \[.*r1:eth0.*\]\n/)
})
