// The pages at real routers: what they have people ask FRR is understood by both versions of it, on a node
// as a speaker configures it; the configurations they show load; and the lab does what they say of it.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import { openVtysh } from '../../src/frr/vtysh.ts'
import { type Frr, startFrr } from '../../src/lab/frr.ts'
import { openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { type Block, type Page, pages, placeOf } from '../support/docs/page.ts'
import { isWhole, wholeBird } from '../support/docs/router-blocks.ts'
import { Reader } from '../support/docs/run.ts'
import { tierOf, typedOn, vtyshIn } from '../support/docs/tiers.ts'
import { eventually } from '../support/eventually.ts'
import { ROOT, read } from '../support/source.ts'
import { openDemoPair } from './support/demo-pair.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'

const ALL = pages()
const VERSIONS = await frrVersions()
const LAB_MS = 60_000

/** What is told to vtysh, once each, and where a page says it first. */
function toldToVtysh(): Map<string, { place: string; told: readonly string[]; onNode: boolean }> {
  const found = new Map<string, { place: string; told: readonly string[]; onNode: boolean }>()
  for (const page of ALL) {
    const sentences = page.code.filter(({ text }) => /\bvtysh -c/.test(text))
    const typed = typedOn(page).filter((one) => tierOf(one) !== 'lab')
    for (const { line, text } of [...typed, ...sentences]) {
      const onNode = /-c frr\b|lab exec n\d/.test(text)
      for (const told of vtyshIn(text.replaceAll('\\|', '|'))) {
        const key = `${onNode ? 'node' : 'router'}: ${told.join('; ')}`
        if (!found.has(key)) found.set(key, { place: `${page.path}:${line}`, told, onNode })
      }
    }
  }
  return found
}

/** Words for what is the reader's, and what it is in the pair that is asked here. */
const filled = (command: string): string =>
  command
    .replaceAll(/\b(?:ADDRESS|PEER|ROUTER)\b/g, '192.0.2.1')
    .replaceAll(/\bNODE\b/g, '192.0.2.11')
    .replaceAll(/\bPREFIX\b/g, '198.51.100.1/32')

for (const version of VERSIONS) {
  suite(`what the pages ask of ${version.name}`, { skip: skipOf(version) }, () => {
    const stack = new AsyncDisposableStack()
    let node: Frr
    let router: Frr
    before(async () => {
      assertThere(version)
      const pair = await openDemoPair(version, stack)
      node = pair.node
      router = pair.router
    })
    after(() => stack.disposeAsync())

    for (const [key, { place, told, onNode }] of toldToVtysh()) {
      test(`${place}: on the ${key}`, async () => {
        // A router may still have to hear of the route.
        await eventually(async () => {
          const text = await (onNode ? node : router).vtysh(...told.map(filled))
          assert.doesNotMatch(text, /^% /m)
        }, LAB_MS)
      })
    }
  })

  suite(`the configurations of the pages in ${version.name}`, { skip: skipOf(version) }, () => {
    const stack = new AsyncDisposableStack()
    let dir: string
    before(async () => {
      assertThere(version)
      dir = await mkdtemp(join(tmpdir(), 'ferrule-docs-'))
      stack.defer(() => rm(dir, { recursive: true, force: true }))
    })
    after(() => stack.disposeAsync())

    for (const block of blocksOf('frr')) {
      test(`${placeOf(block)}: FRR's grammar has nothing against it`, async () => {
        const vtysh = openVtysh({ runDir: '/var/run/frr', ...rootOf(version) })
        assert.deepEqual(await vtysh.checkSyntax(block.text), [])
      })
      if (!isWhole(block)) continue
      test(`${placeOf(block)}: FRR starts with it`, async () => {
        await using net = await openNet(uniquePrefix('docs'))
        const netns = await net.addNetns('r1')
        const own = join(dir, `${block.line}`)
        await using frr = await startFrr({
          netns,
          dir: own,
          config: block.text,
          ...rootOf(version),
        })
        assert.match(await frr.vtysh('show running-config'), /^router bgp /m)
      })
    }
  })
}

const rootOf = ({ root }: { root?: string }) => (root === undefined ? {} : { root })

suite('the configurations of the pages in BIRD', { skip: skipOf(VERSIONS[0]!) }, () => {
  for (const block of blocksOf('bird')) {
    test(`${placeOf(block)}: BIRD reads it`, async () => {
      const dir = await mkdtemp(join(tmpdir(), 'ferrule-docs-'))
      try {
        const path = join(dir, 'bird.conf')
        await writeFile(path, wholeBird(pageOf(block), block))
        await execa('/usr/sbin/bird', ['-p', '-c', path])
      } finally {
        await rm(dir, { recursive: true })
      }
    })
  }
})

for (const page of ALL) {
  const lines = typedOn(page).filter((typed) => tierOf(typed) === 'lab')
  if (lines.length === 0) continue
  suite(`the lab of ${page.path}`, { skip: skipOf(VERSIONS[0]!) }, () => {
    let reader: Reader
    before(() => {
      reader = new Reader(page, { names: [], patienceMs: LAB_MS })
    })
    after(async () => {
      await execa(process.execPath, [join(ROOT, 'src/main.ts'), 'lab', 'down'])
      reader[Symbol.dispose]()
    })
    for (const typed of lines) {
      test(`${placeOf(typed)}: ${typed.text}`, () => reader.run(typed, asItIs(typed.text)))
    }
  })
}

function blocksOf(lang: string): Block[] {
  return ALL.flatMap(({ blocks }) => blocks).filter((block) => block.lang === lang)
}

const pageOf = ({ page }: Block): Page => ALL.find(({ path }) => path === page)!

/** `make demo` without what installs packages: the last step of the script that it names. */
function asItIs(line: string): string {
  if (!line.startsWith('make demo')) return line
  const { scripts } = JSON.parse(read('package.json')) as { scripts: { demo: string } }
  return scripts.demo.split('&&').at(-1)!.replace('node src/main.ts', 'ferrule')
}
