// A responder in a namespace as a test uses it, and what a client on its LAN sees of it: through
// arping and through the kernel's own neighbour table.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import type { Netns } from '../../../src/lab/netns.ts'
import { endProcess } from '../../../src/lab/process.ts'
import type { Announced, Command, NodeOptions, State } from './layer2-node.ts'

const PROGRAM = join(import.meta.dirname, 'layer2-node.ts')

export class Responding implements AsyncDisposable {
  readonly #child
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ready = Promise.withResolvers<void>()
  #nextId = 0
  /** What it logged, one JSON line each. */
  readonly logged: { readonly event?: string; readonly msg: string }[] = []
  /** Of its standard error. */
  complaint = ''
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>

  constructor(argv: readonly string[]) {
    const [file = '', ...args] = argv
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.ended = once(this.#child, 'exit') as typeof this.ended
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line))
    this.#child.stderr.on('data', (chunk) => {
      this.complaint += chunk
    })
    // Whoever wrote to a process that ended hears it from `ended`.
    this.#child.stdin.on('error', () => {})
    this.#ready.promise.catch(() => {})
    void this.ended.then(() => {
      const error = new Error(`the responder ended: ${this.complaint}`)
      this.#ready.reject(error)
      for (const { reject } of this.#pending.values()) reject(error)
    })
  }

  get pid(): number {
    return this.#child.pid!
  }

  ready(): Promise<void> {
    return this.#ready.promise
  }

  apply(...addresses: readonly Announced[]): Promise<unknown> {
    return this.#order({ do: 'apply', addresses })
  }

  state(): Promise<State> {
    return this.#order({ do: 'state' }) as Promise<State>
  }

  async linkNamed(name: string) {
    return (await this.state()).links.find((link) => link.name === name)
  }

  run(what: Exclude<Command['do'], 'apply' | 'state'>): Promise<unknown> {
    return this.#order({ do: what })
  }

  /** For orders that end it before it can answer. */
  runLast(what: Command['do']): void {
    this.#order({ do: what } as Command).catch(() => {})
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endProcess(this.pid)
  }

  #order(command: Command): Promise<unknown> {
    const id = this.#nextId++
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    this.#child.stdin.write(`${JSON.stringify({ id, ...command })}\n`)
    return pending.promise
  }

  #hear(line: string): void {
    const said = JSON.parse(line)
    if (said.ready) this.#ready.resolve()
    else if ('msg' in said) this.logged.push(said)
    else if ('error' in said) this.#pending.get(said.id)?.reject(new Error(said.error))
    else this.#pending.get(said.id)?.resolve(said.answer)
  }
}

/** Stands before the program: a user, capabilities. */
export async function startResponding(
  netns: Netns,
  options: NodeOptions = {},
  before: readonly string[] = [],
): Promise<Responding> {
  const argv = [...before, process.execPath, PROGRAM, JSON.stringify(options)]
  const responding = new Responding(netns.command(argv))
  await responding.ready()
  return responding
}

/** Asks once for an IPv4 address; the hardware address of whoever answers, in small letters. */
export async function whoHas(client: Netns, target: string, device = 'eth0') {
  const argv = client.command(['arping', '-f', '-c', '1', '-w', '1', '-I', device, target])
  const [file = '', ...args] = argv
  const { stdout } = await execa(file, args, { reject: false })
  return /\[([0-9A-F:]{17})\]/.exec(stdout)?.[1]?.toLowerCase()
}

/** Puts into the client's table that somebody else has the address, so that only an announcement mends it. */
export async function mislead(client: Netns, target: string, device = 'eth0'): Promise<void> {
  await client.ip(`neigh replace ${target} lladdr 02:00:00:00:00:99 dev ${device} nud stale`)
}

export interface Neighbour {
  readonly lladdr?: string
  readonly state: readonly string[]
}

export async function neighbourOf(client: Netns, target: string, device = 'eth0') {
  const text = await client.exec(['ip', '-j', 'neigh', 'show', 'to', target, 'dev', device])
  return (JSON.parse(text || '[]') as Neighbour[])[0]
}

export async function macIn(netns: Netns, device: string): Promise<string> {
  const text = await netns.exec(['ip', '-j', 'link', 'show', 'dev', device])
  const [link] = JSON.parse(text) as { address: string }[]
  assert.ok(link)
  return link.address
}
