// Helm as the tests run it: built once from test/kube/helm/go.mod, and with no more of this machine's
// settings than it is given.
import { join } from 'node:path'
import { execa } from 'execa'
import { whyNoGo } from '../../../src/lab/go-toolchain.ts'
import { anyExists } from '../../../src/lab/packages.ts'
import { buildCommand, builtPath, type GoModule, versionIn } from './go-build.ts'

type Env = Readonly<Record<string, string | undefined>>

const DIR = join(import.meta.dirname, '../helm')
const VERSION = versionIn(DIR, 'helm.sh/helm/v3')

const HELM: GoModule = {
  dir: DIR,
  version: VERSION,
  cache: `helm-${VERSION}`,
  packageOf: (command) => `helm.sh/helm/v3/cmd/${command}`,
  facts: facts(),
}

/** For which Kubernetes it renders where none is asked: that of its own client, as in its releases. */
function facts(): Record<string, string> {
  const [, minor = ''] = /^v0\.(\d+)/.exec(versionIn(DIR, 'k8s.io/client-go')) ?? []
  const places = ['helm.sh/helm/v3/pkg/lint/rules', 'helm.sh/helm/v3/pkg/chartutil']
  return {
    'helm.sh/helm/v3/internal/version.version': VERSION,
    ...Object.fromEntries(
      places.flatMap((place) => [
        [`${place}.k8sVersionMajor`, '1'],
        [`${place}.k8sVersionMinor`, minor],
      ]),
    ),
  }
}

/** As skipWithoutKube. */
export async function skipWithoutHelm(env: Env = process.env): Promise<string | false> {
  const why = await whyNoHelm(env)
  return why !== undefined && env.CI !== 'true' ? why : false
}

export async function whyNoHelm(env: Env = process.env): Promise<string | undefined> {
  const isBuilt = await anyExists([builtPath('helm', env, HELM)])
  const why = isBuilt ? undefined : await whyNoGo()
  return why && `Helm ${VERSION} cannot be built: ${why}`
}

/** Its path; `say` hears of a build, for it takes minutes. */
export const buildHelm = (say: (line: string) => void): Promise<string> =>
  buildCommand('helm', say, process.env, HELM)

export interface Helm {
  /** Where it is. */
  readonly program: string
  /** What it printed; throws with what it complained of. */
  readonly run: (args: readonly string[], input?: string) => Promise<string>
}

/** `dir` is for what it keeps between two runs. */
export async function openHelm(dir: string, kubeconfig?: string): Promise<Helm> {
  const program = await buildHelm((line) => process.stderr.write(`helm: ${line}\n`))
  const env = {
    PATH: process.env.PATH,
    // What the API server offers is remembered there.
    HOME: dir,
    HELM_CACHE_HOME: join(dir, 'cache'),
    HELM_CONFIG_HOME: join(dir, 'config'),
    HELM_DATA_HOME: join(dir, 'data'),
    KUBECONFIG: kubeconfig ?? join(dir, 'no-cluster'),
  }
  return {
    program,
    run: async (args, input = '') => {
      const options = { env, extendEnv: false, input, reject: false } as const
      const { failed, stdout, stderr } = await execa(program, args, options)
      if (failed) throw new Error(`helm ${args.join(' ')}: ${stderr}\n${stdout}`)
      return stdout
    },
  }
}
