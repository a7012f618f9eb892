// A real kube-apiserver with an etcd of its own, for one test or one suite of them: on a free port of
// this machine's loopback, or in a network namespace, where nodes reach it over their links.

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import type { Netns } from '../../../src/lab/netns.ts'
import { freePort } from '../../support/free-port.ts'
import { type Access, ADMIN, get, makeUser, type User, writeKubeconfig } from './access.ts'
import { type Place, serverFlags, writeSecrets } from './api-server-flags.ts'
import { kubeCommands } from './commands.ts'
import { Daemon } from './daemon.ts'
import { type Door, openDoor } from './door.ts'
import { Etcd } from './etcd.ts'

export interface ApiServerOptions {
  /** Data, keys and logs. Whoever made it removes it, after the server is disposed of. */
  readonly dir: string
  /** Where it listens, if not on this machine's loopback. */
  readonly inside?: { readonly netns: Netns; readonly address: string }
  /** Who may log in besides the administrator. What they may do, RBAC says. */
  readonly users?: readonly string[]
  /** Further flags of kube-apiserver. */
  readonly flags?: readonly string[]
}

/** Returns when it is ready. Building it first, where nobody has yet, takes minutes. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { dir, inside, users = [], flags = [] } = options
  const commands = await kubeCommands((line) => process.stderr.write(`kube: ${line}\n`))
  await mkdir(dir, { recursive: true })
  const known = [ADMIN, ...users].map(makeUser)
  await writeSecrets(dir, known)

  const place: Place = inside
    ? { address: inside.address, port: 6443 }
    : { address: undefined, port: await freePort() }
  const etcd = new Etcd({ dir, program: commands.etcd, netns: inside?.netns })
  const argv = [commands.apiServer, ...serverFlags(place, etcd.url), ...flags]
  const server = new ApiServer({
    dir,
    place,
    users: known,
    etcd,
    daemon: new Daemon({ name: 'kube-apiserver', dir, argv, netns: inside?.netns }),
    door: inside && (await openDoor(inside.netns, place.port)),
    kubectl: commands.kubectl,
  })
  try {
    await server.start()
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
  return server
}

interface Parts {
  readonly dir: string
  readonly place: Place
  readonly users: readonly User[]
  readonly etcd: Etcd
  readonly daemon: Daemon
  readonly door: Door | undefined
  readonly kubectl: string
}

export class ApiServer implements AsyncDisposable {
  /** Its data, keys and logs. */
  readonly dir: string
  /** For clients in this process, and programs started beside it. */
  readonly url: string
  /** For programs in a network namespace that has a link to the server's. */
  readonly urlInside: string
  readonly #parts: Parts

  constructor(parts: Parts) {
    const { place, door } = parts
    this.#parts = parts
    this.dir = parts.dir
    const host = place.address?.includes(':') ? `[${place.address}]` : place.address
    this.urlInside = `https://${host ?? '127.0.0.1'}:${place.port}`
    this.url = door ? `https://localhost:${door.port}` : this.urlInside
  }

  /** Again after `stop`: same port, same certificate, same data. */
  async start(): Promise<void> {
    const { etcd, daemon } = this.#parts
    await etcd.start()
    await daemon.start(() => this.#isReady())
  }

  /** SIGKILL is a crash: connections break, and nothing is told to anybody. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { etcd, daemon } = this.#parts
    await daemon.stop(signal)
    await etcd.stop(signal)
  }

  /**
   * Forgets history: every connection breaks, and whoever goes on with a list or a watch from before
   * gets a 410. Compacting etcd alone is not seen, for the server answers from a memory of its own.
   */
  async forget(): Promise<void> {
    await this.#parts.etcd.forget()
    await this.stop('SIGKILL')
    await this.start()
  }

  /** The administrator's file. */
  get kubeconfig(): string {
    return this.#kubeconfigPath(ADMIN, 'here')
  }

  /** For one of the users named at the start; `inside` for a program in a network namespace. */
  async access(user: string = ADMIN, from: 'here' | 'inside' = 'here'): Promise<Access> {
    const { token } = this.#userNamed(user)
    const url = from === 'inside' ? this.urlInside : this.url
    const access = { url, token, authority: await this.#authority() }
    const kubeconfig = this.#kubeconfigPath(user, from)
    await writeKubeconfig(kubeconfig, access)
    return { ...access, kubeconfig }
  }

  /** As the administrator, unless the arguments say otherwise; returns what it printed. */
  async kubectl(...args: string[]): Promise<string> {
    return await this.#kubectl(args)
  }

  /** Server-side apply of YAML. */
  async apply(yaml: string, ...args: string[]): Promise<string> {
    return await this.#kubectl(['apply', '--server-side', '-f', '-', ...args], yaml)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL')
    await this.#parts.door?.[Symbol.asyncDispose]()
  }

  async #kubectl(args: readonly string[], input = ''): Promise<string> {
    const { dir, kubectl } = this.#parts
    // Another server may have had this port, and what a person set for their own kubectl is not ours.
    const env = {
      KUBECONFIG: this.kubeconfig,
      KUBECACHEDIR: join(dir, 'kubectl-cache'),
      KUBERC: 'off',
    }
    const { failed, stdout, stderr } = await execa(kubectl, args, { env, input, reject: false })
    if (failed) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    return stdout
  }

  async #isReady(): Promise<boolean> {
    const access = await this.access()
    if ((await get(access, '/readyz')).status !== 200) return false
    // Made after the server calls itself ready, and every test puts something into it.
    return (await get(access, '/api/v1/namespaces/default')).status === 200
  }

  #userNamed(name: string): User {
    const user = this.#parts.users.find((known) => known.name === name)
    if (!user) throw new Error(`user ${name} was not named when the API server was started`)
    return user
  }

  #kubeconfigPath(user: string, from: string): string {
    return join(this.#parts.dir, `${user.replaceAll(':', '-')}.${from}.kubeconfig`)
  }

  /** The server writes it at its first start: its certificate, then the authority that signed it. */
  async #authority(): Promise<string> {
    const chain = await readFile(join(this.#parts.dir, 'certificates/apiserver.crt'), 'utf8')
    return chain.slice(chain.lastIndexOf('-----BEGIN'))
  }
}
