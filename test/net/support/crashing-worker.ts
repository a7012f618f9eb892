// The real worker, with a way to make it fail: a bug is what this stands for.
import '../../../src/l2/worker.ts'

const channel = new BroadcastChannel('crash')
channel.onmessage = () => {
  throw new Error('a bug in the worker')
}
// Only the worker's own sockets keep it alive.
;(channel as unknown as { unref(): void }).unref()
