// One container of a Pod that is started again when it ends: as a new one, with the kubelet's patience, and
// with what it printed kept. Which container, and what its Pod makes of its end, is pod-runner.ts.
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import type { Docker } from './docker.ts'
import type { ContainerPlan } from './pod.ts'
import { type Backoff, restartAfter } from './pod-backoff.ts'

const LOG_MAX = 1_000_000

export interface Hooks {
  nameOf(restarts: number): string
  again(exitCode: number): boolean
  started(restarts: number): void
  ended(exitCode: number): void
}

export class KeptContainer {
  readonly plan: ContainerPlan
  restarts = 0
  readonly #docker: Docker
  readonly #hooks: Hooks
  readonly #over = new AbortController()
  #keeping: Promise<void> = Promise.resolve()
  #backoff: Backoff | undefined
  #log = ''
  #isRunning = false

  constructor(docker: Docker, plan: ContainerPlan, hooks: Hooks) {
    this.#docker = docker
    this.plan = plan
    this.#hooks = hooks
  }

  get running(): string {
    if (!this.#isRunning) throw new Error(`${this.plan.name} does not run just now`)
    return this.#name
  }

  async start(): Promise<void> {
    await this.#begin()
    this.#keeping = this.#keep()
    // Told by stop(), at the latest when the Pod goes.
    this.#keeping.catch(() => {})
  }

  async logs(): Promise<string> {
    return this.#log + (this.#isRunning ? await this.#printed() : '')
  }

  async stop(graceSeconds: number): Promise<void> {
    this.#over.abort()
    try {
      await this.#keeping
    } finally {
      if (this.#isRunning) await this.#end(graceSeconds)
    }
  }

  async #end(graceSeconds: number): Promise<void> {
    if (graceSeconds > 0)
      await this.#docker.run(['stop', '--time', String(graceSeconds), this.#name])
    await this.#remove()
  }

  get #name(): string {
    return this.#hooks.nameOf(this.restarts)
  }

  async #begin(): Promise<void> {
    await this.#docker.run(['create', '--name', this.#name, ...this.plan.args])
    this.#isRunning = true
    await this.#docker.run(['start', this.#name])
    this.#hooks.started(this.restarts)
  }

  async #keep(): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted) {
      const code = await unlessOver(signal, this.#docker.run(['wait', this.#name], { signal }))
      if (code === undefined) return
      this.#hooks.ended(Number(code))
      this.#log = (this.#log + (await this.#printed())).slice(-LOG_MAX)
      await this.#remove()
      if (!this.#hooks.again(Number(code))) return
      const { waitMs, backoff } = restartAfter(this.#backoff, performance.now())
      this.#backoff = backoff
      await unlessOver(signal, delay(waitMs, undefined, { signal }))
      if (signal.aborted) return
      this.restarts++
      await this.#begin()
    }
  }

  async #remove(): Promise<void> {
    this.#isRunning = false
    await this.#docker.run(['rm', '--force', this.#name])
  }

  async #printed(): Promise<string> {
    const env = { DOCKER_HOST: this.#docker.host }
    const { all } = await execa('docker', ['logs', this.#name], { env, all: true })
    return all === '' ? '' : `${all}\n`
  }
}

/** What the work gives, or nothing when it was told to end. */
async function unlessOver<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}
