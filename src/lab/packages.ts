// The Debian packages the lab runs on: which are missing, and how to install them without starting a
// single service of theirs. Separate from frr-root.ts, which installs nothing into this machine.
import { access, rm, writeFile } from 'node:fs/promises'
import { execa } from 'execa'

/** The engine, in Debian's place and in that of Docker's own packages. */
export const DOCKERD = ['/usr/sbin/dockerd', '/usr/bin/dockerd']

/** A file that is there when the package is: asking the file works on any distribution. */
const PARTS = [
  { package: 'iproute2', files: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'], for: 'namespaces' },
  { package: 'frr', files: ['/usr/lib/frr/bgpd'], for: 'routers and nodes' },
  { package: 'frr-pythontools', files: ['/usr/lib/frr/frr-reload.py'], for: 'comparing with it' },
  { package: 'bird2', files: ['/usr/sbin/bird'], for: 'a second make of router' },
  {
    package: 'iputils-arping',
    files: ['/usr/bin/arping', '/usr/sbin/arping'],
    for: 'asking who has an address',
  },
  { package: 'ndisc6', files: ['/usr/bin/ndisc6'], for: 'asking the same over IPv6' },
  { package: 'iputils-ping', files: ['/usr/bin/ping', '/bin/ping'], for: 'trying the demo' },
  {
    package: 'tcpdump',
    files: ['/usr/bin/tcpdump', '/usr/sbin/tcpdump'],
    for: 'looking at packets',
  },
  { package: 'prometheus', files: ['/usr/bin/promtool'], for: 'checking metrics and alerts' },
  { package: 'etcd-server', files: ['/usr/bin/etcd'], for: 'a Kubernetes API server in tests' },
  {
    package: 'docker.io',
    // A client alone is no use.
    files: DOCKERD,
    for: 'building the images and running them',
  },
  {
    package: 'iptables',
    files: ['/usr/sbin/iptables', '/sbin/iptables'],
    for: "kube-proxy, in tests of Pods that reach each other's Services",
  },
  {
    package: 'debootstrap',
    files: ['/usr/sbin/debootstrap'],
    for: 'the base of the images where no registry is reached',
  },
  { package: 'chromium', files: ['/usr/bin/chromium'], for: 'tests of the status page' },
] as const

export type Part = (typeof PARTS)[number]

export async function missingParts(): Promise<Part[]> {
  const found = await Promise.all(PARTS.map((part) => anyExists(part.files)))
  return PARTS.filter((_, index) => !found[index])
}

/** Needs root and apt; says each step through `say`. */
export async function installPackages(
  names: readonly string[],
  say: (line: string) => void,
): Promise<void> {
  await using _ = await forbidServiceStarts()
  say('reading the package lists')
  await apt(['update'])
  say(`installing ${names.join(', ')}`)
  await apt(['install', '-y', '--no-install-recommends', ...names])
}

/** Why packages cannot be installed here, or nothing when they can. */
export async function whyNoInstall(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'installing packages needs root'
  if (!(await anyExists(['/usr/bin/apt-get']))) return 'there is no apt-get on this machine'
  return undefined
}

export async function anyExists(paths: readonly string[]): Promise<boolean> {
  const tries = paths.map((path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  )
  return (await Promise.all(tries)).includes(true)
}

const POLICY = '/usr/sbin/policy-rc.d'

/**
 * Debian starts a daemon when its package arrives, and a bgpd on the machine itself is the last thing
 * a lab wants. policy-rc.d is Debian's way to say no; one that is there already is left alone.
 */
export async function forbidServiceStarts(path = POLICY): Promise<AsyncDisposable> {
  try {
    await writeFile(path, '#!/bin/sh\nexit 101\n', { flag: 'wx', mode: 0o755 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { [Symbol.asyncDispose]: async () => {} }
  }
  return { [Symbol.asyncDispose]: () => rm(path) }
}

/** apt-get that never asks; what it printed is in the error when it fails. */
export async function apt(args: readonly string[]): Promise<string> {
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
  const options = ['-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Options::=--force-confold']
  const { stdout } = await execa('apt-get', [...options, ...args], { env, stdin: 'ignore' })
  return stdout
}
