// Members of a gossip ring on loopback, each with an address of its own: ours in this process,
// hashicorp/memberlist's as programs. A test sees no difference between them.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { openLog } from '../../../src/log.ts'
import { deriveKey, type KeyBytes } from '../../../src/membership/key.ts'
import { type Members, openMembers } from '../../../src/membership/members.ts'
import { PROFILES } from '../../../src/membership/settings.ts'
import { address as parsed } from '../../../src/net/address.ts'
import { elect } from '../../../src/reconciler/elect.ts'
import { eventually } from '../../support/eventually.ts'

/** Not the port of the product: a machine that runs this may have it in use. */
export const GOSSIP_PORT = 17_946
const SERVICES = Array.from({ length: 100 }, (_, i) => parsed(`203.0.113.${i}`))

export interface Member extends AsyncDisposable {
  readonly name: string
  /** As it sees them, sorted. */
  members(): readonly string[]
  /** What each of them says of itself. */
  metas(): Readonly<Record<string, string>>
  /** Of a hundred addresses, elected from those. */
  owners(): readonly string[]
  join(addresses: readonly string[]): void
  /** Tells all that it goes, and is gone. */
  leave(): Promise<void>
  /** Gone without a word. */
  kill(): Promise<void>
}

export interface MemberOptions {
  readonly name: string
  readonly address: string
  readonly secret: string
  /** Where two members have to share an address. */
  readonly port?: number
  readonly keyBytes?: KeyBytes
  readonly fastDetector?: boolean
  /** Go's say nothing of themselves. */
  readonly meta?: string
}

export class OurMember implements Member {
  readonly name: string
  readonly running: Members
  #isGone = false

  private constructor(name: string, running: Members) {
    this.name = name
    this.running = running
  }

  static async open(options: MemberOptions): Promise<OurMember> {
    const { name, address, secret, port = GOSSIP_PORT, meta = '', ...rest } = options
    const running = await openMembers({
      ...{ name, bindAddress: address, port, secret: Buffer.from(secret), ...rest },
      meta: Buffer.from(meta),
      ...{ settings: PROFILES.LAN, log: openLog('none') },
    })
    return new OurMember(name, running)
  }

  members(): readonly string[] {
    return [...this.running.alive()]
  }

  metas(): Readonly<Record<string, string>> {
    const alive = this.running.alive()
    const living = this.running.list().filter(({ name }) => alive.has(name))
    return Object.fromEntries(living.map(({ name, meta }) => [name, meta]))
  }

  owners(): readonly string[] {
    const members = this.members()
    return SERVICES.map((service) => elect(members, service)[0] ?? '')
  }

  join(addresses: readonly string[]): void {
    this.running.join(addresses)
  }

  async leave(): Promise<void> {
    await this.running.leave()
    await this.kill()
  }

  async kill(): Promise<void> {
    this.#isGone = true
    await this.running[Symbol.asyncDispose]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isGone) await this.kill()
  }
}

interface Line {
  readonly event: string
  readonly node?: string
  readonly error?: string
  readonly members: readonly string[]
  readonly metas: Readonly<Record<string, string>>
  readonly owners: readonly string[]
}

export class GoMember implements Member {
  readonly name: string
  readonly lines: Line[] = []
  readonly #child: ChildProcess
  #log = ''

  private constructor(name: string, child: ChildProcess) {
    this.name = name
    this.#child = child
    createInterface({ input: child.stdout! }).on('line', (text) => {
      this.lines.push(JSON.parse(text) as Line)
    })
    child.stderr!.on('data', (chunk) => {
      this.#log += chunk
    })
  }

  static async open(program: string, options: MemberOptions): Promise<GoMember> {
    const { name, address, secret, port = GOSSIP_PORT, keyBytes = 32 } = options
    const key = secret === '' ? '' : Buffer.from(deriveKey(Buffer.from(secret), keyBytes))
    const flags = ['-name', name, '-bind', address, '-port', String(port)]
    const child = spawn(program, [...flags, '-key', key.toString('hex')])
    const member = new GoMember(name, child)
    await member.#heard('ready')
    return member
  }

  members(): readonly string[] {
    return this.lines.at(-1)?.members ?? []
  }

  metas(): Readonly<Record<string, string>> {
    return this.lines.at(-1)?.metas ?? {}
  }

  owners(): readonly string[] {
    return this.lines.at(-1)?.owners ?? []
  }

  /** What it complains of. */
  log(): string {
    return this.#log
  }

  join(addresses: readonly string[]): void {
    this.joinEndpoints(addresses.map((address) => `${address}:${GOSSIP_PORT}`))
  }

  /** With their ports. */
  joinEndpoints(targets: readonly string[]): void {
    this.#child.stdin!.write(`join ${targets.join()}\n`)
  }

  async leave(): Promise<void> {
    this.#child.stdin!.write('leave\n')
    assert.equal((await this.#heard('leave', (line) => line.node === undefined)).error, undefined)
    await this.kill()
  }

  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning()) await this.kill()
  }

  #heard(event: string, fits: (line: Line) => boolean = () => true): Promise<Line> {
    return eventually(() => {
      const line = this.lines.find((one) => one.event === event && fits(one))
      assert.ok(line, `${this.name} says ${event}; it logged:\n${this.#log}`)
      return line
    })
  }
}

/** Waits until all of them see all of them and nobody else, and elect alike. */
export async function agreed(ring: readonly Member[], withinMs = 30_000): Promise<void> {
  const names = ring.map(({ name }) => name).sort()
  await eventually(() => {
    for (const member of ring) assert.deepEqual(member.members(), names, member.name)
  }, withinMs)
  for (const member of ring) assert.deepEqual(member.owners(), ring[0]!.owners(), member.name)
}
