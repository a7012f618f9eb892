// A machine on the LAN that wants to reach the addresses of Services: its kernel asks who has them, and
// everything it hears and sends is seen.

import { join } from 'node:path'
import { execa, type ResultPromise } from 'execa'
import { macOf, type Netns } from '../../../src/lab/netns.ts'
import { type Eyes, openEyes, type Sight } from './layer2-eyes.ts'

const CALLER = join(import.meta.dirname, 'caller.ts')
/** Often enough to show at once whom the kernel believes, seldom enough for a loaded machine. */
const EVERY_MS = 10

export interface VisitorOptions {
  readonly netns: Netns
  readonly everyMs?: number
}

export async function openVisitor({ netns, everyMs = EVERY_MS }: VisitorOptions): Promise<Visitor> {
  const eyes = await openEyes(netns)
  const [file = '', ...args] = netns.command([process.execPath, CALLER, String(everyMs)])
  const child = execa(file, args, {
    stderr: 'inherit',
    buffer: false,
    reject: false,
    stdin: 'pipe',
  })
  return new Visitor(netns, eyes, child)
}

type Caller = ResultPromise<{ stderr: 'inherit'; buffer: false; reject: false; stdin: 'pipe' }>

export class Visitor implements AsyncDisposable {
  readonly netns: Netns
  readonly eyes: Eyes
  readonly #caller: Caller
  readonly #called = new Set<string>()
  readonly #mac: string

  constructor(netns: Netns, eyes: Eyes, caller: Caller) {
    this.netns = netns
    this.eyes = eyes
    this.#caller = caller
    this.#mac = macOf(netns.name, 'eth0')
  }

  /** From now on, without end. */
  call(...addresses: readonly string[]): void {
    for (const address of addresses) this.#called.add(address)
    this.#tell()
  }

  hangUp(...addresses: readonly string[]): void {
    for (const address of addresses) this.#called.delete(address)
    this.#tell()
  }

  #tell(): void {
    this.#caller.stdin.write(`${[...this.#called].join(' ')}\n`)
  }

  /** Calls, and has the kernel forget who has it; resolves with its question. */
  async asks(address: string): Promise<Sight> {
    const mark = this.eyes.mark()
    this.call(address)
    await this.netns.exec(['ip', 'neigh', 'flush', 'to', address, 'dev', 'eth0'])
    const isQuestion = ({ kind, address: about, from }: Sight) =>
      kind === 'question' && about === address && from === this.#mac
    return await this.eyes.sees(`the question who has ${address}`, isQuestion, { mark })
  }

  /** Asks anew; resolves with the first datagram to whom the kernel then believes. */
  async reaches(address: string): Promise<Sight> {
    const mark = this.eyes.mark()
    const { at } = await this.asks(address)
    const isCall = (sight: Sight) =>
      sight.kind === 'call' && sight.address === address && sight.at > at
    return await this.eyes.sees(`a datagram to ${address}`, isCall, { mark })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#caller.stdin.end()
    await this.#caller
    await this.eyes[Symbol.asyncDispose]()
  }
}
