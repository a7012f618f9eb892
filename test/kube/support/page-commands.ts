// The commands of a page of the documentation, run as a person would type them: in a shell, in a folder
// that has the project's files, with the kubectl that fits the server and `ferrule` as it stands here.
import assert from 'node:assert/strict'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { type Typed, typedIn } from '../../support/docs/console.ts'
import { type Block, parsePage } from '../../support/docs/page.ts'
import { fileNameOf } from '../../support/docs/yaml-blocks.ts'
import { ROOT, read } from '../../support/source.ts'
import type { ApiServer } from './api-server.ts'
import { kubeCommands } from './commands.ts'

/** Of one command; what it waits for does not come. */
const PATIENCE_MS = 90_000

export interface PageCommands {
  /** The ```console blocks under a heading, in order. */
  blocks(section: string): Typed[][]
  /** What the page shows as a file of this name. */
  file(name: string): string
  /** Runs those of a block that this place can: not what happens inside of a Pod. Their output. */
  run(commands: readonly Typed[], names?: Readonly<Record<string, string>>): Promise<string[]>
}

/** `dir` becomes the folder that commands are typed in. */
export async function pageCommands(
  path: string,
  server: ApiServer,
  dir: string,
): Promise<PageCommands> {
  const page = parsePage(path, read(path))
  const { kubectl } = await kubeCommands(() => {})
  symlinkSync(join(ROOT, 'manifests'), join(dir, 'manifests'))
  const programs = { kubectl: `exec ${kubectl}`, ferrule: `exec node ${join(ROOT, 'src/main.ts')}` }
  for (const [name, line] of Object.entries(programs)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${line} "$@"\n`, { mode: 0o755 })
  }
  const { kubeconfig } = await server.access()
  const env = { KUBECONFIG: kubeconfig, PATH: `${dir}:${process.env.PATH}` }

  async function runLine(line: string): Promise<string> {
    const { stdout, stderr, exitCode } = await execa('bash', ['-o', 'pipefail', '-c', line], {
      ...{ cwd: dir, env, reject: false, timeout: PATIENCE_MS },
    })
    // 1 says that there is a difference.
    const good = line.startsWith('kubectl diff') ? [0, 1] : [0]
    assert.ok(exitCode !== undefined && good.includes(exitCode), `${line}\n${stdout}\n${stderr}`)
    return stdout
  }

  const of = (section: string, lang: string): Block[] =>
    page.blocks.filter((block) => block.section === section && block.lang === lang)
  return {
    blocks: (section) => of(section, 'console').map(typed),
    file: (name) => {
      const block = page.blocks.find((one) => fileNameOf(one) === name)
      assert.ok(block, `${path} shows no ${name}`)
      return block.text
    },
    run: async (commands, names = {}) => {
      const printed: string[] = []
      for (const { text } of commands.filter((one) => !/^kubectl exec /.test(one.text))) {
        printed.push(await runLine(filled(text, names)))
      }
      return printed
    },
  }
}

function typed(block: Block): Typed[] {
  const commands = typedIn(block)
  if (typeof commands === 'string') assert.fail(`${block.page}:${block.line}: ${commands}`)
  return commands
}

/** Names in capitals stand for what differs. */
const filled = (text: string, names: Readonly<Record<string, string>>): string =>
  Object.entries(names).reduce((line, [name, value]) => line.replaceAll(name, value), text)
