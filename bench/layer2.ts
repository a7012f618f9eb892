// Answers of layer 2 beside those of the kernel on the same link and in the same run: the kernel answers
// where the request comes in, without waking anybody, and is the limit of what is possible.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { type Netns, openNet, uniquePrefix } from '../src/lab/netns.ts'
import { addressOf } from '../src/net/address.ts'
import type { Announced } from '../test/net/support/layer2-node.ts'
import { macIn, type Responding, startResponding } from '../test/net/support/responding.ts'
import type { Task, TaskOptions } from './layer2-client.ts'
import { type Bench, type BenchOptions, quantile, type Row, wallNow } from './measure.ts'
import { buildProgram } from './program.ts'

export const bench: Bench = {
  about: 'answers of layer 2 beside those of the kernel',
  whyNot: async () =>
    process.getuid?.() === 0 ? undefined : 'network namespaces and packet sockets need root',
  run: async (options) => {
    await using stack = new AsyncDisposableStack()
    const net = stack.use(await openNet(uniquePrefix('bench')))
    const [node, client] = [await net.addNetns('node'), await net.addNetns('client')]
    await net.link({ netns: node, ifname: 'eth0' }, { netns: client, ifname: 'eth0' })
    // The kernel has all of these as its own.
    await node.exec(['ip', 'route', 'add', 'local', '198.18.0.0/16', 'dev', 'lo'])
    const program = stack.use(await buildProgram())
    const entry = pathToFileURL(join(program.entry, '../layer2-worker.js')).href
    const responder = stack.use(await startResponding(node, { entry, refreshEveryMs: 0 }))
    const one = await Measuring.of({ client, responder, options })
    for (const count of [10, 10_000]) await one.addresses(count)
    await one.busyMain()
    return one.rows()
  },
}

const KERNEL = 0xc612_0000
const OURS = 0xc613_0000
const BUDGET_US: Readonly<Record<number, number>> = { 10: 160, 10000: 180 }
const BURST = 1000
const CLIENT = join(import.meta.dirname, 'layer2-client.ts')

const targetsFrom = (base: number, count: number) =>
  Array.from({ length: count }, (_, i) => base + i)
const announcedFrom = (base: number, count: number): Announced[] =>
  targetsFrom(base, count).map((bits) => [addressOf(4, BigInt(bits)).text])

class Measuring {
  readonly #client: Netns
  readonly #responder: Responding
  readonly #options: BenchOptions
  readonly #link: Omit<TaskOptions, 'task'>
  readonly #rows: Row[] = []

  private constructor({ client, responder, options }: Parts, link: Omit<TaskOptions, 'task'>) {
    this.#client = client
    this.#responder = responder
    this.#options = options
    this.#link = link
  }

  static async of(parts: Parts): Promise<Measuring> {
    const index = await parts.client.exec(['cat', '/sys/class/net/eth0/ifindex'])
    const mac = await macIn(parts.client, 'eth0')
    return new Measuring(parts, { index: Number(index), mac })
  }

  rows = () => this.#rows

  async addresses(count: number): Promise<void> {
    this.#options.say(`${count} addresses`)
    if (count > BURST) await this.#burst()
    await this.#responder.apply(...announcedFrom(OURS, count))
    await this.#latency(`answer, ${count} addresses`, count, BUDGET_US[count])
    await this.#flood(count)
  }

  async busyMain(): Promise<void> {
    this.#options.say('while the main thread works in turns of 50 ms')
    this.#responder.runLast('toil')
    await this.#latency('answer, main thread busy', 10)
  }

  async #latency(what: string, count: number, budget?: number): Promise<void> {
    const rounds = this.#options.quick ? 2 : 7
    const ours: number[][] = []
    const kernels: number[][] = []
    for (let round = 0; round < rounds; round++) {
      ours.push(await this.#asked(OURS, count))
      kernels.push(await this.#asked(KERNEL, count))
    }
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const) {
      const samples = ours.map((round) => quantile(round, share))
      const baseline = { what: 'kernel', samples: kernels.map((one) => quantile(one, share)) }
      this.#rows.push({
        ...{ what: `${what}, ${name}`, unit: 'µs', samples, baseline },
        ...(budget !== undefined && name === 'p50' && { budget }),
      })
    }
  }

  #asked(base: number, count: number): Promise<number[]> {
    const targets = targetsFrom(base, count)
    return this.#run({ kind: 'latency', targets, requests: 200 }) as Promise<number[]>
  }

  async #flood(count: number): Promise<void> {
    const ours: number[] = []
    const kernels: number[] = []
    const cpu: number[] = []
    const flood = (base: number) =>
      this.#run({
        kind: 'flood',
        targets: targetsFrom(base, count),
        forMs: 1500,
      }) as Promise<number>
    for (let round = 0; round < (this.#options.quick ? 1 : 5); round++) {
      const [before, answered] = [await this.#cpuSeconds(), await this.#answered()]
      ours.push(await flood(OURS))
      const seconds = (await this.#cpuSeconds()) - before
      cpu.push((seconds * 1e6) / ((await this.#answered()) - answered))
      kernels.push(await flood(KERNEL))
    }
    const baseline = { what: 'kernel', samples: kernels }
    const flooded = `in a flood, ${count} addresses`
    this.#rows.push({ what: `answers ${flooded}`, unit: '/s', samples: ours, baseline })
    this.#rows.push({ what: `CPU of an answer ${flooded}`, unit: 'µs', samples: cpu })
  }

  /** From the order to the last frame at the client; the packet budget is part of it. */
  async #burst(): Promise<void> {
    const samples: number[] = []
    for (let round = 0; round < (this.#options.quick ? 1 : 3); round++) {
      await this.#responder.apply()
      let began = 0
      const last = await this.#run({ kind: 'hear', frames: 2 * BURST }, async () => {
        began = wallNow()
        await this.#responder.apply(...announcedFrom(OURS, BURST))
      })
      samples.push((last as number) - began)
    }
    this.#rows.push({ what: `first announcement of ${BURST} addresses`, unit: 'ms', samples })
  }

  async #answered(): Promise<number> {
    return (await this.#responder.state()).frames.answered
  }

  async #cpuSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#responder.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  }

  async #run(task: Task, whenListening?: () => Promise<void>): Promise<unknown> {
    const argv = [process.execPath, CLIENT, JSON.stringify({ task, ...this.#link })]
    const [file = '', ...args] = this.#client.command(argv)
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    await lines.next()
    await whenListening?.()
    const { value } = await lines.next()
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
    if (code !== 0) throw new Error(`the client ended with ${code}`)
    return JSON.parse(value ?? 'null')
  }
}

interface Parts {
  readonly client: Netns
  readonly responder: Responding
  readonly options: BenchOptions
}
