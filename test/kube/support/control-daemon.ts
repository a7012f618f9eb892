// One of Kubernetes' programs that work through the API server (controllers, the scheduler), beside a
// server of the tests and as its administrator. What they do to each other goes through the API only,
// so this is all there is to starting one.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../../support/free-port.ts'
import { get } from './access.ts'
import type { ApiServer } from './api-server.ts'
import { type CommandBeside, commandBeside } from './commands.ts'
import { Daemon } from './daemon.ts'

export interface ControlDaemonOptions {
  readonly name: CommandBeside
  /** Further flags; paths in them are best absolute. */
  readonly flags: readonly string[]
}

/** Returns when it calls itself healthy. Its log lies in a folder of its name beside the server's. */
export async function startControlDaemon(
  server: ApiServer,
  { name, flags }: ControlDaemonOptions,
): Promise<AsyncDisposable> {
  const program = await commandBeside(name, (line) => process.stderr.write(`kube: ${line}\n`))
  const dir = join(server.dir, name)
  await mkdir(dir, { recursive: true })
  const access = await server.access()
  const port = await freePort()
  const argv = [program, '--kubeconfig', access.kubeconfig, ...servingFlags(server, port), ...flags]
  const daemon = new Daemon({ name, dir, argv })
  // By the name under which the server's certificate is good here.
  const login = { ...access, url: `https://${new URL(server.url).hostname}:${port}` }
  await daemon.start(async () => (await get(login, '/healthz')).status === 200)
  return { [Symbol.asyncDispose]: () => daemon.stop('SIGKILL') }
}

/** It serves its health with the API server's own certificate, for a client that trusts that already. */
const servingFlags = (server: ApiServer, port: number): string[] => [
  // There is no other one to elect.
  '--leader-elect=false',
  '--bind-address=127.0.0.1',
  `--secure-port=${port}`,
  `--tls-cert-file=${join(server.dir, 'certificates/apiserver.crt')}`,
  `--tls-private-key-file=${join(server.dir, 'certificates/apiserver.key')}`,
  '--authentication-skip-lookup=true',
]
