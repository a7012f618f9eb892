// Processes we keep no handle of: daemons that detach, children that outlive us, leftovers of a crash.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { until } from './until.ts'

/** The one-letter state of /proc/PID/stat, or nothing when there is no such process. */
function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name stands in brackets and may hold anything, brackets too.
    return stat.slice(stat.lastIndexOf(')') + 2)[0]
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** A zombie does nothing any more: for us it is gone, whoever reaps it. */
export function isRunning(pid: number): boolean {
  const state = stateOf(pid)
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/** Sends a signal; a process that is gone already is no error. */
export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Asks politely, then insists. Resolves when the process is gone. */
export async function endProcess(pid: number, politeMs = 3000): Promise<void> {
  kill(pid, 'SIGTERM')
  try {
    await until(`process ${pid} ends`, () => !isRunning(pid), { timeoutMs: politeMs })
  } catch {
    kill(pid, 'SIGKILL')
    await until(`process ${pid} ends after SIGKILL`, () => !isRunning(pid))
  }
}

/** Runs a program to its end, its output in a file that may stay open in what it leaves behind. */
export async function runInto(path: string, argv: readonly string[]): Promise<void> {
  await using output = await open(path, 'w')
  const [file = '', ...args] = argv
  const child = spawn(file, args, { stdio: ['ignore', output.fd, output.fd] })
  const [code, signal] = await once(child, 'exit')
  if (code === 0) return
  const said = (await readFile(path, 'utf8')).trim()
  throw new Error(`${argv.join(' ')}: ${signal ?? `exit code ${code}`}: ${said}`)
}

/** Starts a program that goes on without us, its output appended to a file. Returns its process id. */
export async function startDetached(path: string, argv: readonly string[]): Promise<number> {
  await using output = await open(path, 'a')
  const [file = '', ...args] = argv
  const child = spawn(file, args, { stdio: ['ignore', output.fd, output.fd], detached: true })
  await once(child, 'spawn')
  child.unref()
  return child.pid!
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ESRCH'
}
