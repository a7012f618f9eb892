// A topology file of containerlab, up: by containerlab where it is installed, else by Docker and `ip`, from
// the same file, with the same names. Pods are started on top (pod-runner.ts), in the same way in both.
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import { parse } from 'yaml'
import type { ClabFile, ClabNode } from './containerlab.ts'
import type { Docker } from './docker.ts'
import { Net, type Netns, uniquePrefix } from './netns.ts'
import { removeVolumes } from './pod-volume-folders.ts'
import { isRunning } from './process.ts'

export interface ContainerLabOptions {
  readonly docker: Docker
  /** The topology file; what it mounts lies beside it. */
  readonly file: string
  readonly say: (line: string) => void
}

/** Brings it up, after sweeping what runs that were killed left behind. */
export async function openContainerLab(options: ContainerLabOptions): Promise<ContainerLab> {
  await sweepLabs(options.docker)
  const lab = await ContainerLab.read(options)
  try {
    await lab.up()
    return lab
  } catch (error) {
    await lab[Symbol.asyncDispose]()
    throw error
  }
}

/** containerlab's name for what belongs to a lab; the number is the process that will remove it. */
const PREFIX = 'clab-'
const OURS = /^clab-[a-z]+p(\d+)x\d+/

export class ContainerLab implements AsyncDisposable {
  /** How the names of its containers and network namespaces begin. */
  readonly prefix: string
  /** For files of whoever uses the lab; goes with it. */
  readonly dir: string
  readonly #options: ContainerLabOptions
  readonly #topology: ClabFile['topology']
  readonly #name: string
  readonly #net: Net
  readonly #hasContainerlab: boolean

  static async read(options: ContainerLabOptions): Promise<ContainerLab> {
    const { name, topology } = parse(await readFile(options.file, 'utf8')) as ClabFile
    const { failed } = await execa('containerlab', ['version'], { reject: false })
    return new ContainerLab(options, { name, topology, hasContainerlab: !failed })
  }

  private constructor(
    options: ContainerLabOptions,
    { name, topology, hasContainerlab }: ClabFile & { hasContainerlab: boolean },
  ) {
    this.#options = options
    this.#topology = topology
    this.#hasContainerlab = hasContainerlab
    this.#name = uniquePrefix(name.replaceAll(/[^a-z]/g, ''))
    this.prefix = `${PREFIX}${this.#name}`
    this.dir = join(tmpdir(), this.prefix)
    this.#net = new Net(this.prefix)
  }

  async up(): Promise<void> {
    const { say } = this.#options
    await mkdir(this.dir)
    if (this.#hasContainerlab) {
      say(`containerlab deploys ${basename(dirname(this.#options.file))}`)
      await this.#containerlab('deploy')
      return
    }
    await Promise.all(Object.entries(this.#topology.nodes).map((entry) => this.#start(...entry)))
    for (const { endpoints } of this.#topology.links) await this.#link(endpoints)
    for (const [name, { exec = [] }] of Object.entries(this.#topology.nodes)) {
      // From outside: whoever holds a network needs no right to change it.
      await this.netns(name).ip(...exec.map((line) => line.replace(/^ip /, '')))
    }
  }

  /** The network of a machine: containerlab names it as Docker names the container, and so do we. */
  netns(machine: string): Netns {
    if (!this.#topology.nodes[machine]) throw new Error(`the lab has no machine ${machine}`)
    return this.#net.netns(machine)
  }

  container(machine: string): string {
    return this.netns(machine).id
  }

  /** Its processes end at once; its network, and so its cables, stay. */
  async kill(machine: string): Promise<void> {
    await this.#options.docker.run(['kill', this.container(machine)])
  }

  /** Takes its ports off the LANs but keeps their carrier: others notice nothing but silence. */
  async cut(machine: string): Promise<void> {
    await this.#ports(machine, 'nomaster')
  }

  /** Undoes `cut`. */
  async heal(machine: string): Promise<void> {
    await this.#ports(machine, 'master br0')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasContainerlab) await this.#containerlab('destroy', '--cleanup')
    await remove(this.#options.docker, this.prefix)
  }

  /** Every port of a LAN that a machine is plugged into. */
  async #ports(machine: string, what: string): Promise<void> {
    for (const { endpoints } of this.#topology.links) {
      const [end, port] = endpoints.map(endOf)
      if (end!.machine === machine)
        await this.netns(port!.machine).ip(`link set ${port!.ifname} ${what}`)
    }
  }

  async #start(machine: string, node: ClabNode): Promise<void> {
    const { docker, file } = this.#options
    const { sysctls } = this.#topology.defaults
    const name = this.container(machine)
    const [entrypoint, ...command] = (node.entrypoint ?? '').split(' ')
    await docker.run([
      ...['run', '--detach', '--name', name, '--hostname', machine],
      ...['--network', this.#topology.defaults['network-mode']],
      ...Object.entries({ ...sysctls, ...node.sysctls }).flatMap(([key, value]) => [
        ...['--sysctl', `${key}=${value}`],
      ]),
      ...(node.binds ?? []).flatMap((bind) => ['--volume', join(dirname(file), bind)]),
      // containerlab runs everything privileged; less will do.
      ...(entrypoint ? HOLDER : ROUTER),
      ...(entrypoint ? ['--entrypoint', entrypoint] : []),
      ...[node.image, ...command],
    ])
    const pid = await docker.run(['inspect', '--format', '{{.State.Pid}}', name])
    await execa('ip', ['netns', 'attach', name, pid])
  }

  async #link(endpoints: readonly [string, string]): Promise<void> {
    const [a, b] = endpoints.map(endOf)
    await this.#net.link(
      { netns: this.netns(a!.machine), ifname: a!.ifname },
      { netns: this.netns(b!.machine), ifname: b!.ifname },
    )
  }

  async #containerlab(command: string, ...more: readonly string[]): Promise<void> {
    const { docker, file } = this.#options
    const env = { DOCKER_HOST: docker.host, CLAB_LABDIR_BASE: this.dir }
    await execa('containerlab', [command, '--topo', file, '--name', this.#name, ...more], { env })
  }
}

const SAFE = ['--security-opt', 'no-new-privileges']
const HOLDER = [...SAFE, '--init', '--read-only', '--cap-drop', 'ALL']
/** What FRR and BIRD need beyond what Docker gives everybody. */
const ROUTER = [...SAFE, '--cap-add', 'NET_ADMIN', '--cap-add', 'SYS_ADMIN']

/** One end of a link: "r1:eth0". */
function endOf(endpoint: string): { machine: string; ifname: string } {
  const [machine = '', ifname = ''] = endpoint.split(':')
  return { machine, ifname }
}

/** What was left by runs that are over and could not tidy up. */
async function sweepLabs(docker: Docker): Promise<void> {
  const netns = (await execa('ip', ['netns', 'list'])).stdout.split('\n')
  const names = [
    ...(await containerNames(docker)),
    ...netns.map((line) => line.split(' ')[0] ?? ''),
    ...(await readdir(tmpdir())),
  ]
  const prefixes = new Set(names.flatMap((name) => orphaned(name)))
  for (const prefix of prefixes) await remove(docker, prefix)
}

function orphaned(name: string): string[] {
  const [prefix, pid] = OURS.exec(name) ?? []
  return prefix !== undefined && !isRunning(Number(pid)) ? [prefix] : []
}

async function remove(docker: Docker, prefix: string): Promise<void> {
  const names = (await containerNames(docker)).filter((name) => name.startsWith(`${prefix}-`))
  if (names.length > 0) await docker.run(['rm', '--force', '--volumes', ...names])
  await new Net(prefix).remove()
  await removeVolumes(join(tmpdir(), prefix))
}

async function containerNames(docker: Docker): Promise<string[]> {
  return (await docker.run(['ps', '--all', '--format', '{{.Names}}'])).split('\n')
}
