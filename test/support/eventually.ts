// Waits for what a test expects of the outside world, instead of sleeping and hoping.
import { setTimeout as delay } from 'node:timers/promises'

/** Tries until `check` throws no more; then returns its value. Fails with its last complaint. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 10_000): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await delay(2)
  }
}
