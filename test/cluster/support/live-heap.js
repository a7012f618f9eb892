// Loaded into a role before it starts: at SIGUSR2 it says what its heap holds, then what of it is alive.
// JavaScript, because loading TypeScript would put a compiler into the memory that is measured.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

process.on('SIGUSR2', () => {
  const held = process.memoryUsage()
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const alive = process.memoryUsage()
  process.stderr.write(`${JSON.stringify({ held, alive })}\n`)
})
