// What the production guide offers beside its own way: TTL security with BIRD, and nodes that are not listed.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { guideBlock, replaceParts } from '../support/production-guide.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import {
  ALL,
  becomes,
  droppedForTtl,
  PATIENCE_MS,
  ROUTERS,
  routesAt,
  sessionsOf,
  spreadAt,
  standing,
  summaryOf,
  timed,
  WEB,
  watchedAt,
  withoutNode,
} from './support/production-look.ts'
import { openSite, writeGuide } from './support/production-site.ts'

for (const version of await frrVersions()) {
  suite(`variants of the production guide on ${version.name}`, { skip: skipOf(version) }, () => {
    test('GTSM: BIRD with TTL security and BFD; who sends with a TTL of 1 is not heard', async (t) => {
      assertThere(version)
      await using site = await openSite({ version })
      await standing(site, ALL)
      await site.lab.writeObjects('guide.yaml', withPeer(guideBlock('GTSM', 'yaml')))
      await becomes(() => sessionsOf(site, '192.168.1.2'), 0)
      assert.deepEqual(await spreadAt(site, 'r1'), ALL)
      await site.r2[Symbol.asyncDispose]()
      await site.r2.start(replaceParts(guideBlock('BIRD', 'bird'), guideBlock('GTSM', 'bird')))
      await timed(t, 'from the start of BIRD', () => standing(site, ALL))
      await becomes(() => watchedAt(site, 'r2'), ALL)
      await withoutNode(t, site, 'n2')
      const dropped = await droppedForTtl(site, 'r2')
      await writeGuide(site)
      // One may be a reset of a connection that ended; more are somebody who goes on trying.
      await eventually(async () => {
        assert.ok((await droppedForTtl(site, 'r2')) > dropped + 2)
      }, PATIENCE_MS)
      assert.deepEqual(await spreadAt(site, 'r2'), [])
    })

    test('GTSM: FRR with TTL security in the place of BFD, also after it was started again', async () => {
      assertThere(version)
      const r1 = changed(guideBlock('FRR', 'frr'), 'bfd profile NODES\n', 'ttl-security hops 1\n')
      await using site = await openSite({ version, r1 })
      await becomes(() => spreadAt(site, 'r2'), ALL)
      await eventually(async () => assert.ok((await droppedForTtl(site, 'r1')) > 2), PATIENCE_MS)
      assert.deepEqual(await spreadAt(site, 'r1'), [])
      const far = 'peerAddress: 192.168.1.1\n  ebgpMultiHop: true\n'
      const objects = changed(guideBlock('Objects', 'yaml'), 'peerAddress: 192.168.1.1\n', far)
      const unwatched = changed(objects, '  bfdProfile: production-bfd\n', '')
      await site.lab.writeObjects('guide.yaml', unwatched)
      await standing(site, ALL)
      await site.r1.stop()
      await site.r1.startAll()
      await standing(site, ALL)
    })

    test('marks as VyOS has FRR look for them, on routes with others beside', async () => {
      assertThere(version)
      const vyos = guideBlock('VyOS', 'vyos')
      const standard = /(?<=^bgp community-list )standard (\S+) seq 10 permit .*/gm
      const r1 = guideBlock('FRR', 'frr').replaceAll(standard, (_, list: string) => {
        const [, regex] = new RegExp(`community-list ${list} rule 10 regex '(.*)'`).exec(vyos)!
        return `expanded ${list} seq 10 permit ${regex}`
      })
      await using site = await openSite({ version, r1 })
      await writeGuide(site, '    - via-r1\n', '    - via-r1\n    - 64512:7\n    - 65000:9\n')
      const marked = ALL.map((node) => `${WEB} ${node} 200 64512:7 64512:1100 65000:9`)
      await becomes(() => routesAt(site, 'r1'), marked)
    })

    test('dynamic neighbours: ranges instead of lists', async () => {
      assertThere(version)
      const [section, named] = [
        'Dynamic neighbours',
        /^(?: neighbor|protocol bgp n\d) .*192\.168.*\n/gm,
      ]
      const unnamed = (of: string, lang: string) =>
        guideBlock(of, lang).replaceAll(named, '') + guideBlock(section, lang)
      const configs = { r1: unnamed('FRR', 'frr'), r2: unnamed('BIRD', 'bird') }
      await using site = await openSite({ version, ...configs })
      await standing(site, ALL)
      for (const router of ROUTERS) await becomes(() => watchedAt(site, router), ALL)
      const known = async () => Object.keys((await summaryOf(site.r1)).peers).sort()
      assert.deepEqual(await known(), ['192.168.1.10', '192.168.1.11', '192.168.1.12'])
      await site.lab.net.lan('rack').cut(site.netns('n2'))
      await becomes(known, ['192.168.1.10', '192.168.1.12'])
    })
  })
}

function changed(text: string, that: string, by: string): string {
  assert.ok(text.includes(that), `the guide has no ${that}`)
  return text.replace(that, by)
}

/** The guide's objects with this peer in the place of the one of its name. */
function withPeer(peer: string): string {
  const parts = guideBlock('Objects', 'yaml').split('---\n')
  const isR2 = (part: string) => /kind: BGPPeer\n/.test(part) && /name: r2\n/.test(part)
  assert.equal(parts.filter(isR2).length, 1)
  return parts.map((part) => (isR2(part) ? peer : part)).join('---\n')
}
