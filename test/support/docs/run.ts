// Runs the command lines of a page as somebody would who reads it: in a folder with the files the page shows
// and the repository beside them, with our program and the right kubectl first in the path.
import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { eventually } from '../eventually.ts'
import { type TemporaryFolder, temporaryFolder } from '../folder.ts'
import { ROOT } from '../source.ts'
import { fits, type Typed } from './console.ts'
import type { Page } from './page.ts'
import { fileNameOf } from './yaml-blocks.ts'

/** Words that a page has for a name of the reader's, and what they are here. */
export type Names = readonly (readonly [word: RegExp, name: string])[]

/** Hardly anything of a page takes that long; what waits for ever is a line that needs more than there is. */
const TIMEOUT_MS = 60_000

/** Lines of kubectl after which the cluster is another. */
export const CHANGES =
  /\bkubectl\b.*\s(?:apply|create|delete|patch|label|annotate|replace|scale|set|expose|run|cordon|uncordon|drain)\s/

/** Ends with 1 when it finds what it was asked for. */
const FINDS = /^(?:npx )?ferrule check\b/

export interface ReaderOptions {
  readonly kubectl?: string
  readonly helm?: string
  readonly kubeconfig?: string
  readonly names: Names
  /** What is answered may take a moment to be as the page says. */
  readonly patienceMs?: number
  /** Of one line, where pages wait for whole clusters. */
  readonly timeoutMs?: number
}

export class Reader implements Disposable {
  readonly #folder: TemporaryFolder
  readonly #options: ReaderOptions

  constructor(page: Page, options: ReaderOptions) {
    this.#options = options
    this.#folder = temporaryFolder(namedFiles(page))
    for (const name of readdirSync(ROOT)) {
      if (/^[a-zA-Z]/.test(name)) this.#link(join(ROOT, name), name)
    }
    const { kubectl, helm, kubeconfig } = options
    this.#program('.bin/ferrule', `exec '${process.execPath}' '${join(ROOT, 'src/main.ts')}' "$@"`)
    this.#program('.bin/npx', 'exec "$@"')
    if (helm) this.#program('.bin/helm', `exec '${helm}' "$@"`)
    if (kubectl) this.#program('.bin/kubectl', `exec '${kubectl}' "$@"`)
    if (kubeconfig) {
      this.#folder.write('.home/.kube/ours', '')
      this.#link(kubeconfig, '.home/.kube/config')
    }
  }

  /** Runs it, and fails where it does not do as the page says; `as` is the line with what a test changes. */
  async run(typed: Typed, as: string = typed.text): Promise<void> {
    const fails = /^(?:Error|error:)/.test(typed.prints[0] ?? '')
    const once = async () => {
      const { exitCode, all } = await this.print(as)
      const isAnswer = FINDS.test(as) && exitCode === 1
      assert.equal(exitCode !== 0 && !isAnswer, fails, `it ended with ${exitCode}:\n${all}`)
      if (typed.prints.length === 0) return
      assert.ok(
        fits(typed.prints, all),
        `the page shows\n${typed.prints.join('\n')}\nand it printed\n${all}`,
      )
    }
    // What changes something prints another thing the second time.
    const mayWait = typed.prints.length > 0 && !CHANGES.test(as)
    await eventually(once, mayWait ? this.#options.patienceMs : 0)
  }

  fill(line: string): string {
    return this.#options.names.reduce((text, [word, name]) => text.replaceAll(word, name), line)
  }

  /** Both of its streams in one. */
  async print(line: string): Promise<{ exitCode: number | undefined; all: string }> {
    const { PATH = '' } = process.env
    const { exitCode, all } = await execa('bash', ['-o', 'pipefail', '-c', this.fill(line)], {
      cwd: this.#folder.dir,
      all: true,
      reject: false,
      stdin: 'ignore',
      timeout: this.#options.timeoutMs ?? TIMEOUT_MS,
      killSignal: 'SIGKILL',
      extendEnv: false,
      env: {
        PATH: `${this.#folder.path('.bin')}:${PATH}`,
        HOME: this.#folder.path('.home'),
        KUBERC: 'off',
      },
    })
    return { exitCode, all }
  }

  #program(name: string, text: string): void {
    this.#folder.write(name, `#!/bin/sh\n${text}\n`)
    chmodSync(this.#folder.path(name), 0o755)
  }

  #link(target: string, name: string): void {
    symlinkSync(target, this.#folder.path(name))
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

/** Whether a block shows a file of the repository; `docs.test.ts` sees that it is the same. */
export const isOurs = (name: string): boolean => existsSync(join(ROOT, name))

/** A file of several blocks is all of them; one that is in the repository is not written again. */
function namedFiles(page: Page): Record<string, string> {
  const files: Record<string, string> = {}
  for (const block of page.blocks) {
    const name = fileNameOf(block)
    if (name === undefined || isOurs(name)) continue
    files[name] = files[name] === undefined ? block.text : `${files[name]}\n---\n${block.text}`
  }
  return files
}
