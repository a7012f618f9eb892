// For tests: a daemon's VTY socket with a simulated FRR behind it, the node rules of the real one
// (a line unknown where it stands is tried further up), and a way to refuse or to misbehave.
import { createServer, type Server, type Socket } from 'node:net'
import { Refused, SimulatedFrr } from './simulated-frr.ts'

export interface VtyServerOptions {
  readonly frr?: SimulatedFrr
  /** Text and status for a line, before FRR sees it. */
  readonly override?: (
    line: string,
    path: readonly string[],
  ) => [text: string, status: number] | undefined
  /** What to do with the bytes of an answer instead of writing them at once. */
  readonly write?: (socket: Socket, bytes: Buffer) => void
}

export class VtyServer implements AsyncDisposable {
  readonly frr: SimulatedFrr
  /** Configuration lines in the order of arrival, without contexts. */
  readonly lines: string[] = []
  readonly #options: VtyServerOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  static async open(path: string, options: VtyServerOptions = {}): Promise<VtyServer> {
    const server = new VtyServer(options)
    await new Promise<void>((resolve, reject) => {
      server.#server.once('error', reject).listen(path, resolve)
    })
    return server
  }

  private constructor(options: VtyServerOptions) {
    this.frr = options.frr ?? new SimulatedFrr()
    this.#options = options
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** Ends all connections, as a killed daemon does. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.drop()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    const session = new Session(this.frr)
    let text = ''
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      const lines = (text + chunk.toString()).split('\0')
      text = lines.pop()!
      for (const line of lines) this.#answer(socket, session, line)
    })
  }

  #answer(socket: Socket, session: Session, line: string): void {
    if (session.isConfiguring) this.lines.push(line)
    const [text, status] = this.#options.override?.(line, session.path) ?? session.run(line)
    const bytes = Buffer.concat([Buffer.from(text), Buffer.from([0, 0, 0, status])])
    const { write = (to: Socket, all: Buffer) => to.write(all) } = this.#options
    write(socket, bytes)
  }
}

/** One connection's node. */
class Session {
  readonly #frr: SimulatedFrr
  #path: readonly string[] | undefined

  constructor(frr: SimulatedFrr) {
    this.#frr = frr
  }

  get path(): readonly string[] {
    return this.#path ?? []
  }

  get isConfiguring(): boolean {
    return this.#path !== undefined
  }

  run(line: string): [string, number] {
    if (line === 'show running-config') return [this.#frr.text(), 0]
    if (line === 'enable' || line.startsWith('clear ')) return ['', 0]
    if (line === '!') return ['', 0]
    if (line === 'configure terminal') this.#path = []
    else if (line === 'end') this.#path = undefined
    else if (this.#path === undefined) return ['% Unknown command', 2]
    else if (line === 'exit' || line === 'exit-address-family') this.#path = this.#path.slice(0, -1)
    else return this.#configure(line, this.#path)
    return ['', 0]
  }

  #configure(line: string, path: readonly string[]): [string, number] {
    const opener = /^(router bgp|route-map|bfd$)/.test(line)
      ? [line]
      : /^(address-family|profile)/.test(line)
        ? [path[0] ?? '', line]
        : undefined
    try {
      this.#frr.take(opener ?? path, opener ? '' : line)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return [error.message, 13]
    }
    this.#path = opener ?? path
    return ['', 0]
  }
}
