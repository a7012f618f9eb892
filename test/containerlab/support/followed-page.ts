// A page of the documentation, followed in a cluster of these tests: the lines under a heading are typed one
// after the other, each has to print what the page shows, and how long each took is told.
import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { kubeCommands } from '../../kube/support/commands.ts'
import { type Page, parsePage } from '../../support/docs/page.ts'
import { Reader } from '../../support/docs/run.ts'
import { typedOn } from '../../support/docs/tiers.ts'
import { type TemporaryFolder, temporaryFolder } from '../../support/folder.ts'
import { read } from '../../support/source.ts'
import type { InstalledCluster } from './installed-cluster.ts'

const KUBECTL = join(import.meta.dirname, 'kubectl-exec.ts')
/** A DaemonSet is rolled out node by node, and a speaker counts after 30 s. */
const TIMEOUT_MS = 300_000

export class FollowedPage implements Disposable {
  readonly #page: Page
  readonly #reader: Reader
  readonly #folder: TemporaryFolder

  private constructor(page: Page, reader: Reader, folder: TemporaryFolder) {
    this.#page = page
    this.#reader = reader
    this.#folder = folder
  }

  static async open(path: string, { server, docker }: InstalledCluster): Promise<FollowedPage> {
    const { kubectl } = await kubeCommands(() => {})
    const { kubeconfig } = await server.access()
    const line = `DOCKER_HOST='${docker.host}' exec '${process.execPath}' '${KUBECTL}' '${kubectl}' "$@"`
    const folder = temporaryFolder({ kubectl: `#!/bin/sh\n${line}\n` })
    chmodSync(folder.path('kubectl'), 0o755)
    const page = parsePage(path, read(path))
    const reader = new Reader(page, {
      ...{ kubectl: folder.path('kubectl'), kubeconfig, names: [] },
      ...{ patienceMs: 60_000, timeoutMs: TIMEOUT_MS },
    })
    return new FollowedPage(page, reader, folder)
  }

  /** Types every line under this heading, in order. */
  async follow(section: string, t: TestContext): Promise<void> {
    const blocks = this.#page.blocks.filter((block) => block.section === section)
    const lines = typedOn({ ...this.#page, blocks })
    assert.ok(lines.length > 0, `${this.#page.path} has no lines under "${section}"`)
    for (const typed of lines) {
      const begin = performance.now()
      await this.#reader.run(typed)
      t.diagnostic(`${((performance.now() - begin) / 1000).toFixed(1)} s: ${typed.text}`)
    }
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]()
    this.#folder[Symbol.dispose]()
  }
}
