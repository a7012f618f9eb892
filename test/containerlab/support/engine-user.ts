// A process that uses an engine until it is killed: docker.test.ts kills it.
import { once } from 'node:events'
import { joinEngine } from '../../../src/lab/docker-engine.ts'

await using _ = await joinEngine(process.argv[2]!, () => {})
process.stdout.write('here\n')
// A process without anything to wait for would end by itself.
process.stdin.resume()
const forever = setInterval(() => {}, 60_000)
await once(process, 'SIGTERM')
clearInterval(forever)
