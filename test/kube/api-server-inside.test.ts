// An API server in a network namespace of its own, as the cluster tests have it: nodes reach it over
// their links, and the test itself through a door.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { temporaryFolder } from '../support/folder.ts'
import { get } from './support/access.ts'
import { startApiServer } from './support/api-server.ts'
import { kubeCommands, skipWithoutKube } from './support/commands.ts'

const needsRoot = process.getuid?.() === 0 ? false : 'network namespaces need root'
const skip = (await skipWithoutKube()) || (process.env.CI !== 'true' && needsRoot)

suite('an API server in a network namespace', { skip }, () => {
  for (const [family, address, node, prefixLength] of [
    ['IPv4', '192.0.2.1', '192.0.2.2', 24],
    ['IPv6', '2001:db8::1', '2001:db8::2', 64],
  ] as const) {
    test(`a node reaches it over ${family}, and we through a door`, async () => {
      using folder = temporaryFolder()
      await using net = await openNet(uniquePrefix('ka'))
      const [control, worker] = [await net.addNetns('control'), await net.addNetns('worker')]
      await net.link(
        { netns: control, ifname: 'eth0', addresses: [`${address}/${prefixLength}`] },
        { netns: worker, ifname: 'eth0', addresses: [`${node}/${prefixLength}`] },
      )
      const inside = { netns: control, address }
      await using server = await startApiServer({ dir: folder.dir, inside })

      await server.kubectl('create', 'configmap', 'note', '--from-literal=from=here')
      const { kubeconfig } = await server.access('admin', 'inside')
      const { kubectl } = await kubeCommands(() => {})
      const argv = [kubectl, '--kubeconfig', kubeconfig, 'get', 'configmap', 'note', '-o', 'json']
      assert.deepEqual(JSON.parse(await worker.exec(argv)).data, { from: 'here' })

      await server.stop()
      await assert.rejects(get(await server.access(), '/readyz'), { code: 'ECONNRESET' })
      await server.start()
      assert.equal((await get(await server.access(), '/readyz')).status, 200)
    })
  }
})
