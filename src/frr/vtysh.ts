// The one place that runs a program of FRR's: vtysh, to check users' text before FRR meets it and to
// ask what people ask. Never in the path of a change: it costs 30 to 60 ms of CPU each time.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'

export interface VtyshOptions {
  readonly runDir: string
  readonly configDir?: string
  /** Directory FRR is unpacked under, when it is not the machine's own; the paths above are inside. */
  readonly root?: string
}

export interface SyntaxProblem {
  /** Counted from 1, in the text that was given. */
  readonly line: number
  readonly text: string
}

const TIMEOUT_MS = 30_000
const PROBLEM = /^line (\d+): (.*)$/

export interface Vtysh {
  /**
   * What FRR's grammar says against a text; nothing if it finds no fault. Grammar is all: a wrong
   * address may pass as the name of a peer group.
   */
  checkSyntax(text: string): Promise<SyntaxProblem[]>
  /** What a command prints. */
  show(command: string): Promise<string>
}

export function openVtysh({ runDir, configDir, root }: VtyshOptions): Vtysh {
  const options = ['--vty_socket', runDir, ...(configDir ? ['--config_dir', configDir] : [])]
  const run = (args: readonly string[]) => {
    const prefix = root ? ['chroot', root] : []
    const [program = '', ...rest] = [...prefix, 'vtysh', ...options, ...args]
    return execa(program, rest, {
      reject: false,
      timeout: TIMEOUT_MS,
      // No pager, and no history of what a program asked.
      env: { VTYSH_PAGER: 'cat', VTYSH_HISTFILE: '/dev/null' },
      stdin: 'ignore',
    })
  }
  return {
    async checkSyntax(text) {
      await using file = await openScratch(text, root)
      const result = await run(['-C', '-f', file.path])
      const said = `${result.stdout}\n${result.stderr}`.split('\n')
      const problems = said.flatMap((one) => {
        const [, line, message] = PROBLEM.exec(one) ?? []
        return line === undefined ? [] : [{ line: Number(line), text: message!.trim() }]
      })
      if (problems.length > 0 || result.exitCode === 0) return problems
      throw failed(`${result.shortMessage}: ${said.join(' ').trim()}`, result.cause)
    },
    async show(command) {
      const result = await run(['-c', command])
      if (result.exitCode === 0) return result.stdout
      throw failed(`${result.shortMessage}: ${result.stderr || result.stdout}`, result.cause)
    },
  }
}

interface Scratch extends AsyncDisposable {
  /** As vtysh sees it. */
  readonly path: string
}

/** vtysh cannot read a text from a pipe. The directory is ours alone: the text may hold passwords. */
async function openScratch(text: string, root = ''): Promise<Scratch> {
  const dir = await mkdtemp(join(root, root ? '/tmp' : tmpdir(), 'frr-check-'))
  await writeFile(join(dir, 'frr.conf'), text, { mode: 0o600 })
  return {
    path: join('/', dir.slice(root.length), 'frr.conf'),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true }),
  }
}

const failed = (message: string, cause: unknown): Error => new Error(`vtysh: ${message}`, { cause })
