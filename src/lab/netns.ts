// Network namespaces, veth links and bridges for the lab, through `ip` without a shell. Every device,
// bridges included, lives inside a namespace of ours, so removing the namespaces removes everything
// and the machine's own interfaces are never touched.
import { createHash } from 'node:crypto'
import { execa } from 'execa'
import { isRunning, kill } from './process.ts'
import { until } from './until.ts'

export interface InterfaceSpec {
  ifname: string
  /** With prefix length; IPv4 and IPv6. IPv6 ones are usable at once, without duplicate detection. */
  addresses?: readonly string[]
  mac?: string
  mtu?: number
}

/** The one namespace that `uniquePrefix` names can be traced to: a process, dead or alive. */
const OWNED = /^[a-z]+p(\d+)x\d+-/
let counter = 0

/** A prefix no other run uses; what a crashed process left under its own is removed by the next one. */
export function uniquePrefix(base: string): string {
  if (!/^[a-z]+$/.test(base)) throw new Error(`prefix "${base}": letters a to z only`)
  return `${base}p${process.pid}x${counter++}`
}

/** The same place in the same topology has the same MAC in every run: captures can be compared. */
export function macOf(node: string, ifname: string): string {
  const bytes = createHash('sha256').update(`${node}/${ifname}`).digest().subarray(0, 5)
  return ['02', ...[...bytes].map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}

export class Netns {
  readonly name: string
  /** What the kernel calls it: `ip netns exec <id> …`. */
  readonly id: string

  constructor(prefix: string, name: string) {
    this.name = name
    this.id = `${prefix}-${name}`
  }

  /** Command line that runs `argv` in here, for callers that spawn for themselves. */
  command(argv: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.id, ...argv]
  }

  /** Runs a program to its end and returns what it printed. */
  async exec(argv: readonly string[], options: { input?: string } = {}): Promise<string> {
    const { stdout } = await execa('ip', ['netns', 'exec', this.id, ...argv], options)
    return stdout
  }

  /** Several `ip` commands in one process, all or an error naming the line that failed. */
  async ip(...lines: string[]): Promise<void> {
    if (lines.length > 0)
      await execa('ip', ['-n', this.id, '-batch', '-'], { input: `${lines.join('\n')}\n` })
  }

  /** Kernel settings below /proc/sys/net, for example `{ 'ipv4/ip_forward': 1 }`. */
  async sysctl(settings: Readonly<Record<string, string | number>>): Promise<void> {
    const byValue = Object.groupBy(Object.keys(settings), (key) => String(settings[key]))
    for (const [value, keys = []] of Object.entries(byValue)) {
      // tee, not sysctl: it is always there, and it writes one value to many files at once.
      await this.exec(['tee', ...keys.map((key) => `/proc/sys/net/${key}`)], { input: value })
    }
  }

  async addAddresses(ifname: string, addresses: readonly string[]): Promise<void> {
    await this.ip(...addresses.map((address) => addressLine(ifname, address)))
  }

  async addRoute(prefix: string, via: string): Promise<void> {
    await this.ip(`route replace ${prefix} via ${via}`)
  }
}

/** A bridge in a namespace of its own, with one port for each interface attached. */
export class Lan {
  readonly netns: Netns
  readonly name: string

  constructor(netns: Netns, name: string) {
    this.netns = netns
    this.name = name
  }

  /** Takes a port off the bridge but keeps its carrier: the far end notices nothing but silence. */
  cut = (node: Netns, ifname = 'eth0') =>
    this.netns.ip(`link set ${portName(node, ifname)} nomaster`)
  heal = (node: Netns, ifname = 'eth0') =>
    this.netns.ip(`link set ${portName(node, ifname)} master br0`)
  /** Pulls the cable: the far end loses its carrier. */
  unplug = (node: Netns, ifname = 'eth0') =>
    this.netns.ip(`link set ${portName(node, ifname)} down`)
  plug = (node: Netns, ifname = 'eth0') => this.netns.ip(`link set ${portName(node, ifname)} up`)
}

export class Net implements AsyncDisposable {
  readonly prefix: string

  constructor(prefix: string) {
    this.prefix = prefix
  }

  /** A handle on a namespace, whether or not it exists yet. */
  netns(name: string): Netns {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
      throw new Error(`namespace name "${name}" is not usable`)
    return new Netns(this.prefix, name)
  }

  async addNetns(name: string, options: NetnsOptions = {}): Promise<Netns> {
    const netns = this.netns(name)
    await execa('ip', ['netns', 'add', netns.id])
    return await prepare(netns, options)
  }

  /** Takes over the namespace of a process, a container's for example, under a name of ours. */
  async adoptNetns(name: string, pid: number, options: NetnsOptions = {}): Promise<Netns> {
    const netns = this.netns(name)
    await execa('ip', ['netns', 'attach', netns.id, String(pid)])
    // Docker switches IPv6 off where it gives no IPv6 address itself.
    await netns.sysctl({ 'ipv6/conf/all/disable_ipv6': 0, 'ipv6/conf/default/disable_ipv6': 0 })
    return await prepare(netns, options)
  }

  /** A point-to-point link between two namespaces. */
  async link(
    a: InterfaceSpec & { netns: Netns },
    b: InterfaceSpec & { netns: Netns },
  ): Promise<void> {
    await a.netns.ip(`link add ${a.ifname} type veth peer name ${b.ifname} netns ${b.netns.id}`)
    await bringUp(a.netns, a)
    await bringUp(b.netns, b)
  }

  lan(name: string): Lan {
    return new Lan(this.netns(`lan-${name}`), name)
  }

  async addLan(name: string): Promise<Lan> {
    const netns = await this.addNetns(`lan-${name}`)
    await netns.ip(
      'link add br0 type bridge forward_delay 0 stp_state 0 mcast_snooping 0',
      'link set br0 up',
    )
    return new Lan(netns, name)
  }

  async attach(lan: Lan, netns: Netns, spec: InterfaceSpec): Promise<void> {
    const port = portName(netns, spec.ifname)
    await lan.netns.ip(
      `link add ${port} type veth peer name ${spec.ifname} netns ${netns.id}`,
      `link set ${port} master br0 up`,
    )
    await bringUp(netns, spec)
  }

  /** Ends what runs in our namespaces, then removes them. Works from any process, at any time. */
  async remove(): Promise<void> {
    await removeNamespaces(await namespaces((id) => id.startsWith(`${this.prefix}-`)))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove()
  }
}

/** A fresh set of namespaces under this prefix. */
export async function openNet(prefix: string): Promise<Net> {
  // No dash in a prefix, so that "a-" can never be the start of lab "a-b".
  if (!/^[a-z][a-z0-9]*$/.test(prefix))
    throw new Error(`lab prefix "${prefix}": a to z, 0 to 9 only`)
  await removeNamespaces(await namespaces(isOrphan))
  const left = await namespaces((id) => id.startsWith(`${prefix}-`))
  if (left.length > 0) {
    throw new Error(`lab "${prefix}" is up already (${left.join(', ')}): take it down first`)
  }
  return new Net(prefix)
}

interface NetnsOptions {
  readonly forwarding?: boolean
}

async function prepare(netns: Netns, options: NetnsOptions): Promise<Netns> {
  const forwarding = options.forwarding ? 1 : 0
  // Before any link exists, so that link-local addresses never wait for duplicate detection.
  await netns.sysctl({
    'ipv6/conf/all/accept_dad': 0,
    'ipv6/conf/default/accept_dad': 0,
    'ipv6/conf/default/dad_transmits': 0,
    'ipv6/conf/default/accept_ra': 0,
    'ipv4/ip_forward': forwarding,
    'ipv6/conf/all/forwarding': forwarding,
  })
  await netns.ip('link set lo up')
  return netns
}

async function bringUp(netns: Netns, spec: InterfaceSpec): Promise<void> {
  const { ifname, addresses = [], mac = macOf(netns.name, ifname), mtu } = spec
  await netns.ip(
    `link set ${ifname} address ${mac}${mtu ? ` mtu ${mtu}` : ''} up`,
    ...addresses.map((address) => addressLine(ifname, address)),
  )
}

const addressLine = (ifname: string, address: string) =>
  `address add ${address} dev ${ifname}${address.includes(':') ? ' nodad' : ''}`

/** What a bridge calls the port towards an interface: at most 15 characters, so says the kernel. */
function portName(netns: Netns, ifname: string): string {
  const name = `${netns.name}.${ifname}`
  if (name.length > 15) throw new Error(`"${name}" is too long for an interface name (15)`)
  return name
}

function isOrphan(id: string): boolean {
  const owner = OWNED.exec(id)?.[1]
  return owner !== undefined && !isRunning(Number(owner))
}

async function namespaces(wanted: (id: string) => boolean): Promise<string[]> {
  const { stdout } = await execa('ip', ['netns', 'list'])
  // "name (id: 3)" when the kernel has numbered it.
  const ids = stdout.split('\n').map((line) => line.split(' ')[0] ?? '')
  return ids.filter((id) => id !== '' && wanted(id))
}

/** A namespace lives as long as a process in it, so those go first. */
async function removeNamespaces(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await until(`processes in ${id} end`, async () => {
      const { stdout } = await execa('ip', ['netns', 'pids', id], { reject: false })
      const pids = stdout.split('\n').filter(Boolean).map(Number)
      for (const pid of pids) kill(pid, 'SIGKILL')
      return pids.filter(isRunning).length === 0
    })
    const { failed, stderr } = await execa('ip', ['netns', 'delete', id], { reject: false })
    // Two cleanups at once may both try; gone is what both want.
    if (failed && !stderr.includes('No such file')) throw new Error(`removing ${id}: ${stderr}`)
  }
}
