// Facts about processes we did not keep a handle of (daemons that detached, leftovers of a crash).
import { readFileSync } from 'node:fs'
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

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ESRCH'
}
