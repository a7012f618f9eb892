// `ferrule setup`: makes this machine able to run the lab and the network tests. Used by `make`;
// running it twice changes nothing.
import { frrRoot, frrRootVersion, installFrrRoot, whyNoFrrRoot } from '../lab/frr-root.ts'
import { whyNoGo } from '../lab/go-toolchain.ts'
import { installPackages, missingParts, whyNoInstall } from '../lab/packages.ts'
import { onlyFlags, truth } from './flags.ts'
import type { Help } from './help.ts'

const flags = {
  check: truth('Only say what is there and what is missing.'),
  require: truth('Exit with 1 when something is missing in the end.'),
  noFrr10: truth('Leave out FRR 10; the demo runs without it.'),
}

export const help: Help = {
  usage: 'setup [--check] [--require] [--no-frr10]',
  about:
    'Installs what the lab and the network tests need and this machine lacks: FRR, BIRD, iproute2, etcd, Docker and Chromium as Debian packages (no service is started), and FRR 10 unpacked into the cache directory of the user. Go, which builds a Kubernetes API server for the tests, is only looked for.',
  flags,
}

const say = (line: string) => process.stderr.write(`setup: ${line}\n`)

export async function setup(args: string[], signal: AbortSignal): Promise<number> {
  const given = onlyFlags(flags, args)
  const lacking = [await packages(given.check)]
  signal.throwIfAborted()
  if (!given.noFrr10) lacking.push(await frr10(given.check))
  lacking.push(await go())
  const missing = lacking.filter((line) => line !== undefined)
  for (const line of missing) say(`missing: ${line}`)
  if (missing.length === 0) say('everything is there')
  return missing.length > 0 && given.require ? 1 : 0
}

export { setup as run }

/** Returns what is still missing afterwards, as a sentence. */
async function packages(checkOnly: boolean): Promise<string | undefined> {
  const missing = await missingParts()
  if (missing.length === 0) return undefined
  const why = checkOnly ? 'not installed, only checked' : await whyNoInstall()
  if (why === undefined) {
    await installPackages(
      missing.map((part) => part.package),
      say,
    )
  }
  const left = await missingParts()
  if (left.length === 0) return undefined
  const names = left.map((part) => `${part.package} (for ${part.for})`).join(', ')
  return `${names}: ${why ?? 'installed, but not where it was expected'}`
}

async function frr10(checkOnly: boolean): Promise<string | undefined> {
  const root = frrRoot(process.env)
  const version = await frrRootVersion(root)
  if (version !== undefined) return undefined
  const why = checkOnly ? 'not unpacked, only checked' : await whyNoFrrRoot()
  if (why !== undefined) return `FRR 10 in ${root} (for tests against the newer FRR): ${why}`
  await installFrrRoot(root, say)
  return undefined
}

/** Where ready-made Kubernetes programs are named, nothing has to be built. */
async function go(): Promise<string | undefined> {
  const why = process.env.KUBEBUILDER_ASSETS ? undefined : await whyNoGo()
  return why && `Go (for a Kubernetes API server in tests; or set KUBEBUILDER_ASSETS): ${why}`
}
