// `ferrule status` beside a real FRR: what it says while all is well, and of what goes wrong on a node: a
// hand in FRR's configuration, a daemon or a speaker that hangs.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { execa } from 'execa'
import type { NodeStatus } from '../../src/cmd/node-status.ts'
import { type Netns, openNet, uniquePrefix } from '../../src/lab/netns.ts'
import { kill } from '../../src/lab/process.ts'
import { eventually } from '../support/eventually.ts'
import { peerText } from '../support/many-services.ts'
import { commandsUnder } from '../support/troubleshooting-page.ts'
import { assertThere, frrVersions, skipOf } from './support/frr-versions.ts'
import { fillWith, NEIGHBOUR, WholeNode } from './support/whole-node.ts'

const MAIN = join(import.meta.dirname, '../../src/main.ts')
const PEER = 'router'

for (const version of await frrVersions()) {
  suite(`the status of a node with ${version.name}`, { skip: skipOf(version) }, () => {
    const stack = new AsyncDisposableStack()
    let node: WholeNode
    let netns: Netns
    before(async () => {
      assertThere(version)
      const net = stack.use(await openNet(uniquePrefix('status')))
      const dir = await mkdtemp(join(tmpdir(), 'ferrule-status-'))
      stack.defer(() => rm(dir, { recursive: true, force: true }))
      node = stack.use(await WholeNode.open({ net, name: 'n1', dir, root: version.root }))
      await fillWith(node, 'web', 2)
      await node.start()
      netns = net.netns('n1-node')
    })
    after(() => stack.disposeAsync())

    const command = (...args: string[]): [string, string[]] => {
      const paths = ['--frr-run-dir', node.frr.runDir, '--frr-config-dir', node.frr.configDir]
      const [program = '', ...rest] = netns.command([process.execPath, MAIN, 'status', ...paths])
      return [program, [...rest, ...args]]
    }
    const status = async (...args: string[]) => {
      const { stdout, exitCode } = await execa(...command(...args), { reject: false })
      return { text: stdout, exitCode }
    }
    const json = async () => JSON.parse((await status('--json')).text) as NodeStatus

    test('all is well', async () => {
      await eventually(async () => {
        const { text, exitCode } = await status()
        assert.match(text, /^Node n1 .* all is well$/m)
        assert.match(text, /^Sessions: 1 of 1 up$/m)
        assert.match(text, /^router +192\.0\.2\.1 +Established +\d+s +2 of 2 +0$/m)
        assert.match(text, /^Services: 2 of 2 announced from here$/m)
        assert.equal(exitCode, 0)
      })
    })

    test('as narrow as it is asked to be', async () => {
      const { text } = await status('--width', '30')
      for (const line of text.split('\n')) assert.ok(line.length <= 30, line)
      assert.match(text, /…$/m)
    })

    test('what somebody changed in FRR is shown, until it is as it was', async () => {
      const within = ['configure terminal', `router bgp ${NEIGHBOUR.nodeAsn}`]
      const change = `neighbor ${NEIGHBOUR.address} advertisement-interval 7`
      // A pass that is under way takes it back before anybody has looked.
      await eventually(async () => {
        await node.frr.vtysh(...within, change)
        const { text, exitCode } = await status()
        assert.match(text, /^! bgpd runs 3 lines that frr\.conf does not have$/m)
        assert.match(text, /^\+ {2}neighbor 192\.0\.2\.1 advertisement-interval 7$/m)
        assert.equal(exitCode, 1)
      })
      await node.frr.vtysh(...within, `no ${change}`)
      await eventually(async () => assert.deepEqual((await json()).wrong, []))
    })

    test('a session that is down says why it ended last', async () => {
      await node.write('peer.yaml', peerText({ ...NEIGHBOUR, asn: 64599 }))
      await eventually(async () => {
        const { text, exitCode } = await status()
        assert.match(text, /^! session down: router \(.*\): \w+, last reset: .*Bad Peer AS$/m)
        assert.equal(exitCode, 1)
      })
      await node.write('peer.yaml', peerText(NEIGHBOUR))
      await eventually(async () => assert.deepEqual((await json()).wrong, []))
    })

    test('a speaker that hangs: FRR still tells, and frr.conf knows the name of the peer', async () => {
      kill(node.speaker.pid, 'SIGSTOP')
      try {
        const { wrong, sessions } = await json()
        assert.equal(wrong.length, 1)
        assert.match(wrong[0]!, /^the speaker does not answer: .*no answer within 3 s/)
        assert.deepEqual(
          sessions.map(({ name, isUp, sent }) => [name, isUp, sent[4]]),
          [[PEER, true, 2]],
        )
        assert.equal((await status()).exitCode, 1)
      } finally {
        kill(node.speaker.pid, 'SIGCONT')
      }
    })

    test('a bgpd that hangs: what it shall do is still told', async () => {
      const told = await node.speaker.tells(/"error":".*bgpd/)
      await node.frr.kill('bgpd', 'SIGSTOP')
      try {
        const { wrong, sessions } = await json()
        assert.match(wrong.join('\n'), /^bgpd does not answer: no answer from .* for 3 s/m)
        const [session] = sessions
        assert.deepEqual([session?.name, session?.state], [PEER, 'Unknown'])
        await told.line()
      } finally {
        await node.frr.kill('bgpd', 'SIGCONT')
      }
      await eventually(async () => assert.deepEqual((await json()).wrong, []))
    })

    test('on a terminal it is drawn in place, in colour, and the terminal is given back', async () => {
      await using terminal = await Terminal.open(command('--watch'), { columns: 44, rows: 9 })
      await eventually(() => assert.ok(terminal.frames.length > 2, terminal.text))
      terminal.press('\u0003')
      assert.equal(await terminal.ended(), 0)
      const { text, frames } = terminal
      assert.ok(text.includes('\u001b[32mall is well\u001b[0m'))
      for (const frame of frames) {
        const lines = frame.split('\r\n').map(plain)
        assert.ok(lines.length <= 9, `${lines.length} lines`)
        for (const line of lines) assert.ok(line.length <= 44, line)
      }
      assert.ok(text.trimEnd().endsWith('\u001b[?7h\u001b[?25h'), 'wraps again, and has a cursor')
    })

    test('the log has what guides look for in it', async () => {
      const [, ...others] = commandsUnder('Logs')
      const filters = others.flatMap((command) => command.split(' | ').slice(1))
      assert.deepEqual(filters, ['grep -i "session"', 'grep -i error'])
      const input = await node.speaker.log()
      const { stdout } = await execa('bash', ['-c', filters[0]!], { input })
      assert.match(stdout, /"msg":"BGP session is up"/)
      // What could not be done: FRR was stopped for a while above.
      const errors = await execa('bash', ['-c', filters[1]!], { input })
      assert.match(errors.stdout, /bgpd/)
    })

    test('where nothing can be drawn, it says so', async () => {
      const { exitCode } = await execa(...command('--watch'), { reject: false })
      assert.equal(exitCode, 2)
    })
  })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys begins with one
const plain = (line: string): string => line.replace(/\u001b\[[?\d]*[A-Za-z]/gu, '')

/** A terminal of its own for one program. */
class Terminal implements AsyncDisposable {
  #text = ''
  readonly #program: ReturnType<typeof execa>

  static async open(
    [program, args]: [string, string[]],
    { columns, rows }: { columns: number; rows: number },
  ): Promise<Terminal> {
    const line = ['exec', program, ...args].join(' ')
    const sized = `stty cols ${columns} rows ${rows}; ${line}`
    const terminal = new Terminal(
      execa('script', ['-qefc', sized, '/dev/null'], { stdin: 'pipe', reject: false }),
    )
    await once(terminal.#program, 'spawn')
    return terminal
  }

  private constructor(program: ReturnType<typeof execa>) {
    this.#program = program
    program.stdout?.on('data', (chunk: Buffer) => {
      this.#text += chunk
    })
  }

  get text(): string {
    return this.#text
  }

  /** Each drawing begins at the upper left corner. */
  get frames(): string[] {
    return this.#text.split('\u001b[H').slice(1, -1)
  }

  press(keys: string): void {
    this.#program.stdin?.write(keys)
  }

  async ended(): Promise<number | undefined> {
    return (await this.#program).exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#program.kill()
    await this.#program
  }
}
