// The pages at a real API server: every object they show is taken by it, and every command line of kubectl,
// and of ferrule at a cluster, is run and does what the page says. A page that shows objects or changes
// any is followed from its top on a server of its own, as its reader would, with a controller at work.
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Typed, typedIn } from '../support/docs/console.ts'
import { standInFor } from '../support/docs/kubelet-lines.ts'
import { type Block, type Page, pages, placeOf } from '../support/docs/page.ts'
import { CHANGES, type Names, Reader } from '../support/docs/run.ts'
import { tierOf, typedOn } from '../support/docs/tiers.ts'
import { fileNameOf, isObjects, objectsOf } from '../support/docs/yaml-blocks.ts'
import { kubeCommands, skipWithoutKube } from './support/commands.ts'
import { followGuide, POD } from './support/guide-cluster.ts'
import {
  openInstalledCluster,
  openOperatedCluster,
  type PageCluster,
} from './support/page-cluster.ts'

const PATIENCE_MS = 240_000
const ALL = pages()
const objectBlocks = ({ blocks }: Page) => blocks.filter(isObjects)
const kubeLines = (page: Page) => typedOn(page).filter((typed) => tierOf(typed) === 'kube')

/** What pages call things whose name is the reader's, and what they are called here. */
const NAMES: Names = [
  [/\bPOD\b|\bspeaker-[a-z0-9]{5}\b/g, POD],
  [/\bcontroller-[0-9a-f]{8,10}-[a-z0-9]{5}\b/g, 'controller-7d4b9c6f5-x2x9k'],
  [/\bNAMESPACE\/NAME\b/g, 'default/nginx-lb'],
  [/-n NAMESPACE NAME\b/g, '-n default nginx-lb'],
  [/\bbgppeer NAME\b/g, 'bgppeer router-primary'],
  [/\bNODE\b/g, 'worker-1'],
]

/** Of what a sentence names, the objects need not be there; kinds, columns and flags have to. */
const ASKS = /^kubectl (?:get|describe|auth can-i|api-resources)\b.* /

/** Whole installations: test/kube/install-paths and test/containerlab look at what becomes of them. */
const INSTALLS = /\s(?:-k\s|(?:-f|--filename)\s+(?:manifests|charts|https:))/

const followed = ALL.filter(
  (page) =>
    kubeLines(page).length > 0 &&
    (objectBlocks(page).length > 0 || kubeLines(page).some(({ text }) => CHANGES.test(text))),
)
const lookedAt = ALL.filter((page) => !followed.includes(page) && kubeLines(page).length > 0)

/** Pages that are about what only a running operator can show. */
const clusterFor = ({ path }: Page): Promise<PageCluster> =>
  path === 'docs/operator.md' ? openOperatedCluster() : openInstalledCluster()

async function readerOf({ server }: PageCluster, page: Page): Promise<Reader> {
  const { kubectl } = await kubeCommands(() => {})
  const { kubeconfig } = await server.access()
  return new Reader(page, { kubectl, kubeconfig, names: NAMES, patienceMs: PATIENCE_MS })
}

const skip = await skipWithoutKube()

suite('the pages at an API server', { skip }, () => {
  let cluster: PageCluster
  before(async () => {
    cluster = await openInstalledCluster()
    await followGuide(cluster.server)
    for (const name of namespacesOf(ALL.flatMap(objectBlocks))) {
      await cluster.server.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${name}}}`)
    }
  })
  after(() => cluster?.[Symbol.asyncDispose]())

  for (const block of ALL.flatMap(objectBlocks)) {
    test(`${placeOf(block)}: is taken`, async () => {
      await cluster.server.apply(block.text, '--dry-run=server', '--force-conflicts')
    })
  }

  for (const page of lookedAt) {
    for (const typed of kubeLines(page)) {
      test(`${placeOf(typed)}: ${typed.text}`, async () => {
        using reader = await readerOf(cluster, page)
        await runAt(cluster, reader, typed)
      })
    }
  }

  for (const page of ALL) {
    const asked = [...new Set(page.code.map(({ text }) => text).filter((text) => ASKS.test(text)))]
    if (asked.length === 0) continue
    test(`${page.path}: what its sentences ask is understood`, async () => {
      using reader = await readerOf(cluster, page)
      for (const text of asked) await understood(reader, text)
    })
  }
})

for (const page of followed) {
  suite(`${page.path}, followed from its top`, { skip }, () => {
    let cluster: PageCluster
    let reader: Reader
    before(async () => {
      cluster = await clusterFor(page)
      reader = await readerOf(cluster, page)
    })
    after(async () => {
      reader?.[Symbol.dispose]()
      await cluster?.[Symbol.asyncDispose]()
    })

    for (const block of page.blocks) {
      // One with a file name is applied by a line of the page.
      if (isObjects(block) && fileNameOf(block) === undefined) {
        test(`${placeOf(block)}: applied`, () => applied(cluster, block))
      }
      for (const typed of linesOf(block)) {
        test(`${placeOf(typed)}: ${typed.text}`, () => runAt(cluster, reader, typed))
      }
    }
  })
}

function linesOf(block: Block): Typed[] {
  const typed = block.lang === 'console' ? typedIn(block) : []
  return typeof typed === 'string' ? [] : typed.filter((one) => tierOf(one) === 'kube')
}

function namespacesOf(blocks: readonly Block[]): Set<string> {
  return new Set(blocks.flatMap(objectsOf).flatMap(({ metadata }) => metadata.namespace ?? []))
}

async function applied({ server }: PageCluster, block: Block): Promise<void> {
  for (const name of namespacesOf([block])) {
    await server.apply(`{apiVersion: v1, kind: Namespace, metadata: {name: ${name}}}`)
  }
  await server.apply(block.text, '--force-conflicts')
}

async function runAt(cluster: PageCluster, reader: Reader, typed: Typed): Promise<void> {
  const { server, hasKubelets } = cluster
  const standIn = standInFor(typed.text)
  if (!standIn || (hasKubelets && standIn.isWait)) {
    const isTried = !hasKubelets && CHANGES.test(typed.text) && INSTALLS.test(`${typed.text} `)
    await reader.run(typed, isTried ? `${typed.text} --dry-run=server` : typed.text)
    return
  }
  const found = await server.kubectl(...standIn.args.map((word) => reader.fill(word)))
  assert.notEqual(found, '', `nothing answers to kubectl ${standIn.args.join(' ')}`)
  if (standIn.container) assert.ok(found.split(' ').includes(standIn.container), found)
}

async function understood(reader: Reader, text: string): Promise<void> {
  const { exitCode, all } = await reader.print(text.replaceAll('\\|', '|'))
  const isAnswer = exitCode === 0 || /\(NotFound\)|^no$/m.test(all)
  assert.ok(isAnswer, `${text} ended with ${exitCode}:\n${all}`)
}
