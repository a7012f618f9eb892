// Three nodes and a client on one LAN, no router: the client goes on reaching the addresses, whatever becomes
// of the node that answers for them. How long it had no answer is printed, as it saw it.
import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import { skipWithoutDocker } from './support/container-images.ts'
import { type Fleet, openFleet } from './support/fleet.ts'
import { type Office, openOffice } from './support/office.ts'
import { now } from './support/route-trace.ts'

suite('a client on the LAN of three nodes', { skip: await skipWithoutDocker() }, () => {
  let fleet: Fleet
  let office: Office
  /** Who answers for each address while all is well. */
  const homes = new Map<string, string>()
  before(async () => {
    fleet = await openFleet({ name: 'layer2', say: (line) => console.log(line) })
    office = await openOffice(fleet)
  })
  after(async () => {
    await office?.[Symbol.asyncDispose]()
    await fleet?.[Symbol.asyncDispose]()
  })

  test('each address has one owner, and the client reaches it', async () => {
    assert.deepEqual(office.addresses, ['192.0.2.200', '2001:db8:2::200'])
    for (const address of office.addresses) {
      homes.set(address, await office.owner(address))
      assert.equal(await neighbourOf(address), await macOf(homes.get(address)!))
    }
  })

  for (const [what, goes, returns] of [
    [
      'the node of the owner is cut off',
      (node: string) => fleet.lab.cut(node),
      (node: string) => fleet.lab.heal(node),
    ],
    [
      'the Pod of the owner is deleted',
      (node: string) => fleet.pod(node).stop(),
      (node: string) => fleet.pod(node).start(),
    ],
    [
      'the Pod of the owner is killed',
      (node: string) => fleet.pod(node).killAll(),
      (node: string) => fleet.pod(node).start(),
    ],
  ] as const) {
    test(`${what}: another node answers; when it is back, it answers again`, async (t) => {
      for (const [home, own] of Map.groupBy(homes.keys(), (address) => homes.get(address)!)) {
        const since = now()
        await goes(home)
        for (const address of own) {
          const other = await office.otherThan(address, home)
          report(t, `until ${other} answered instead of ${home}`, { address, since })
        }
        const later = now()
        await returns(home)
        for (const address of own) {
          await office.owner(address, home)
          report(t, `while ${home} took it back`, { address, since: later })
        }
      }
      for (const [address, home] of homes) await office.owner(address, home)
    })
  }

  test('the speaker of the owner is killed: the client reaches the same node as before', async (t) => {
    const [address = '', home = ''] = [...homes][0] ?? []
    const since = now()
    await fleet.kill(home, 'speaker')
    await office.owner(address, home)
    report(t, `while the speaker of ${home} started again`, { address, since })
  })

  function report(
    t: TestContext,
    what: string,
    { address, since }: { address: string; since: number },
  ): void {
    const gap = Math.round(office.longestGapMs(address, since))
    t.diagnostic(`${address}: ${gap} ms without an answer ${what}`)
  }

  /** Whom the client's kernel sends packets for this address to. */
  async function neighbourOf(address: string): Promise<string | undefined> {
    const text = await fleet.lab.netns('client').exec(['ip', '-j', 'neigh', 'show', address])
    return (JSON.parse(text) as { lladdr?: string }[])[0]?.lladdr
  }

  async function macOf(node: string): Promise<string | undefined> {
    const text = await fleet.lab.netns(node).exec(['ip', '-j', 'link', 'show', 'eth0'])
    return (JSON.parse(text) as { address?: string }[])[0]?.address
  }
})
