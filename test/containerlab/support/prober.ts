// Asks HTTP probes from inside a network namespace, as the kubelet of that node would: one child for all
// of them, because starting a program for each answer would cost more than what is asked.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Netns } from '../../../src/lab/netns.ts'

export interface Question {
  readonly id: number
  readonly url: string
  readonly timeoutMs: number
}

export interface Answer {
  readonly id: number
  readonly isGood: boolean
}

export class Prober implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (isGood: boolean) => void>()
  #asked = 0

  constructor(netns: Netns) {
    const program = [process.execPath, join(import.meta.dirname, 'prober-child.ts')]
    const [file = '', ...args] = netns.command(program)
    this.#child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#child.on('message', ({ id, isGood }: Answer) => {
      this.#waiting.get(id)?.(isGood)
      this.#waiting.delete(id)
    })
    // Nobody answers any more: as a server that is down.
    this.#child.once('exit', () => {
      for (const answer of this.#waiting.values()) answer(false)
      this.#waiting.clear()
    })
  }

  ask(url: string, timeoutMs: number): Promise<boolean> {
    const question: Question = { id: this.#asked++, url, timeoutMs }
    return new Promise((resolve) => {
      this.#waiting.set(question.id, resolve)
      this.#child.send(question)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.disconnect()
    await gone
  }
}
