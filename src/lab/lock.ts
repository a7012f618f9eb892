// A lock between processes: the kernel's own (flock), held by a child that ends with us, so that nothing
// stays locked after a crash. Separate, because the engine of docker.ts and builds, of images and of Go
// programs, share it.
import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** `shared`: any number at once, but none while somebody holds it alone. */
export type LockKind = 'alone' | 'shared'

/** Waits until it has the lock; the file is made when there is none, and stays. */
export async function holdLock(path: string, kind: LockKind = 'alone'): Promise<AsyncDisposable> {
  const flag = kind === 'alone' ? '--exclusive' : '--shared'
  const child = spawn('flock', [flag, path, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C ends us; the lock is let go after what it protects, not before.
    detached: true,
  })
  const exited = once(child, 'exit')
  const held = await Promise.race([once(child.stdout, 'data'), exited])
  if (String(held[0]).trim() !== 'held') throw new Error(`flock ${path} ended before it had it`)
  return {
    [Symbol.asyncDispose]: async () => {
      child.stdin.end()
      await exited
    },
  }
}
