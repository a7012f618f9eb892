// The connection to one daemon: opened when needed, kept, replaced when it broke. Separate from Vty,
// which is one connection and ends with it.
import { socketOf } from './daemons.ts'
import type { Daemon } from './grammar.ts'
import { ownedBy, parseTree, type Tree } from './tree.ts'
import { STATUS, Vty, type VtyOptions } from './vty.ts'

export interface LinkOptions extends VtyOptions {
  readonly runDir: string
  readonly daemon: Daemon
  /** The daemon ended a connection we had: whatever we believed of it may be gone. */
  readonly onLost: () => void
}

export interface Running {
  readonly tree: Tree
  readonly bytes: number
}

export class Link implements AsyncDisposable {
  readonly #options: LinkOptions
  #vty: Vty | undefined
  #disposed = false

  constructor(options: LinkOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#vty?.isOpen ?? false
  }

  /** The open connection, in the node where `configure terminal` and `show` work. */
  async vty(): Promise<Vty> {
    if (this.#vty?.isOpen) return this.#vty
    const { runDir, daemon, onLost } = this.#options
    const vty = await Vty.open(socketOf(runDir, daemon), this.#options)
    this.#vty = vty
    void vty.closed.then(() => {
      if (!this.#disposed) onLost()
    })
    await this.#ask(vty, 'enable')
    return vty
  }

  /** The daemon's own part of what it runs. */
  async running(): Promise<Running> {
    const { daemon } = this.#options
    const text = await this.show('show running-config')
    return { tree: ownedBy(daemon, parseTree(text)), bytes: text.length }
  }

  /** What it prints. */
  async show(command: string): Promise<string> {
    return await this.#ask(await this.vty(), command)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    await this.#vty?.[Symbol.asyncDispose]()
  }

  async #ask(vty: Vty, line: string): Promise<string> {
    const { status, text } = await vty.request(line)
    if (status === STATUS.success) return text
    throw new Error(`${this.#options.daemon} refused "${line}" (status ${status}): ${text.trim()}`)
  }
}
