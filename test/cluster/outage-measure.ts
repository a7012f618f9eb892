// How long it takes until everything is right again after the API server was out of reach for a while
// and many Services came and went meanwhile. Prints a table; it is no test, but it checks what it sees.
//
//   node test/cluster/outage-measure.ts [SECONDS] [CHANGES] [cut|stop]
//
// `cut`: what the roles send is lost. `stop`: the server is killed, and is there again, but not for the
// roles, before anything changes.
import { setTimeout as delay } from 'node:timers/promises'
import { wallNow } from '../../bench/measure.ts'
import { serviceName } from '../support/many-services.ts'
import { openCluster } from './support/cluster.ts'
import { webText } from './support/objects.ts'
import { cutOff, ManyChanges } from './support/outage.ts'

const [seconds = '300', changes = '500', how = 'cut'] = process.argv.slice(2)
const UNCHANGED = 100

const say = (line: string) => process.stdout.write(`${line}\n`)

await using cluster = await openCluster()
const texts = Array.from({ length: UNCHANGED }, (_, at) => webText(serviceName('web', at), 'n1'))
await cluster.apply(texts.join(''))
const many = new ManyChanges(cluster, Number(changes))
await many.prepare()
const roles = [cluster.controller, ...cluster.nodes.map(({ speaker }) => speaker)]
say(`${UNCHANGED} Services stay; ${changes} go or come; ${seconds} s, ${how}`)

if (how === 'stop') await cluster.server.stop('SIGKILL')
const left = wallNow()
const remaining = () => Math.max(0, Number(seconds) * 1000 - (wallNow() - left))
if (how === 'stop') await delay(remaining())
await cutOff(cluster, async () => {
  await cluster.server.start()
  await many.make()
  await delay(remaining())
})
const back = wallNow()
const found = await many.arrive()
await many.check()
for (const [at, when] of found.entries()) {
  say(`${cluster.nodes[at]!.name}: all at the router ${((when - back) / 1000).toFixed(2)} s after`)
}
for (const role of roles) {
  const lines = (await role.log()).split('\n')
  const said = lines.filter((line) => /what was known stays in force|answers again/.test(line))
  say(`${said.length} lines of it in a log: ${said.map((line) => JSON.parse(line).msg).join(', ')}`)
}
