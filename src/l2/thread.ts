// One life of the worker: orders in, reports out, and how it ended. What follows from an end is
// responder.ts.
import { Worker } from 'node:worker_threads'
import type { Order, Report, Setting } from './orders.ts'

/** Its heap is bounded, so that a mistake in it cannot take the memory of the speaker. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 }
/** A thread that does not end of its own accord by then is stuck. */
const STOP_MS = 1000

/** Beside this file; the bundle has all its files in one folder, the worker's under this name. */
export const WORKER_ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './layer2-worker.js',
  import.meta.url,
)

export interface ThreadOptions {
  readonly entry: URL
  readonly setting: Setting
  readonly onReport: (report: Report) => void
  /** It ended though nobody asked it to. */
  readonly onDeath: (why: Error) => void
}

export class Thread {
  readonly #worker: Worker
  readonly #ended = Promise.withResolvers<void>()
  #isStopping = false

  constructor({ entry, setting, onReport, onDeath }: ThreadOptions) {
    this.#worker = new Worker(entry, {
      name: 'layer2',
      workerData: setting,
      resourceLimits: RESOURCE_LIMITS,
    })
    let why: Error | undefined
    this.#worker.on('message', onReport)
    this.#worker.on('error', (error) => {
      why = error
    })
    this.#worker.on('exit', (code) => {
      this.#ended.resolve()
      if (!this.#isStopping) onDeath(why ?? new Error(`the thread ended with code ${code}`))
    })
  }

  order(order: Order): void {
    this.#worker.postMessage(order)
  }

  /** It will end by itself: that is no death. */
  letEnd(): void {
    this.#isStopping = true
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.order({ kind: 'stop' })
    const timer = setTimeout(() => void this.#worker.terminate(), STOP_MS)
    await this.#ended.promise
    clearTimeout(timer)
  }
}
