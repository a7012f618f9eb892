// Where kube-apiserver, etcd and kubectl come from: the directory that KUBEBUILDER_ASSETS names, or
// else etcd from this machine's packages and the others built once. And why there are none, in a
// sentence: tests are skipped with it, and with CI=true they fail with it.
import { join } from 'node:path'
import { whyNoGo } from '../../../src/lab/go-toolchain.ts'
import { anyExists } from '../../../src/lab/packages.ts'
import { buildCommand, builtPath, KUBE_VERSION } from './go-build.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Paths of programs. */
export interface KubeCommands {
  readonly apiServer: string
  readonly etcd: string
  readonly kubectl: string
}

const ETCD = '/usr/bin/etcd'
/** To be built when no one brings them. */
const BUILT = ['kube-apiserver', 'kubectl'] as const
/** What some tests run beside them. Who brings the others brings these or has Go to build them. */
export const COMMANDS_BESIDE = ['kube-controller-manager', 'kube-scheduler', 'kube-proxy'] as const
export type CommandBeside = (typeof COMMANDS_BESIDE)[number]

/** For `test` and `suite`: why to skip, or false. In CI nothing is skipped. */
export async function skipWithoutKube(env: Env = process.env): Promise<string | false> {
  const why = await whyNoKube(env)
  return why !== undefined && env.CI !== 'true' ? why : false
}

export async function whyNoKube(env: Env = process.env): Promise<string | undefined> {
  const assets = env.KUBEBUILDER_ASSETS
  if (assets) {
    const missing = await absent(...Object.values(commandsIn(assets)))
    return missing && `KUBEBUILDER_ASSETS names ${assets}, but there is no ${missing}`
  }
  if (await absent(ETCD)) return `there is no ${ETCD}: run npm run setup`
  const unbuilt = await absent(...BUILT.map((name) => builtPath(name, env)))
  const why = unbuilt && (await whyNoGo())
  return why && `Kubernetes ${KUBE_VERSION} cannot be built: ${why} (or set KUBEBUILDER_ASSETS)`
}

/** Builds what has to be built; `say` hears of it, for it takes minutes. */
export async function kubeCommands(
  say: (line: string) => void,
  env: Env = process.env,
): Promise<KubeCommands> {
  const why = await whyNoKube(env)
  if (why !== undefined) throw new Error(why)
  if (env.KUBEBUILDER_ASSETS) return commandsIn(env.KUBEBUILDER_ASSETS)
  const [apiServer, kubectl] = BUILT
  return {
    etcd: ETCD,
    apiServer: await buildCommand(apiServer, say, env),
    kubectl: await buildCommand(kubectl, say, env),
  }
}

/** For `suite`, as skipWithoutKube: with controllers and a scheduler as well. */
export async function skipWithoutControllers(env: Env = process.env): Promise<string | false> {
  const why = (await whyNoKube(env)) ?? (await whyNoneBeside(env))
  return why !== undefined && env.CI !== 'true' ? why : false
}

async function whyNoneBeside(env: Env): Promise<string | undefined> {
  const paths = COMMANDS_BESIDE.map(
    async (name) => (await broughtPath(name, env)) ?? builtPath(name, env),
  )
  const unbuilt = await absent(...(await Promise.all(paths)))
  const why = unbuilt && (await whyNoGo())
  return why && `Kubernetes ${KUBE_VERSION} cannot be built: ${why}`
}

/** The path of a program that not every test of Kubernetes needs. */
export async function commandBeside(
  name: CommandBeside,
  say: (line: string) => void,
  env: Env = process.env,
): Promise<string> {
  return (await broughtPath(name, env)) ?? (await buildCommand(name, say, env))
}

async function broughtPath(name: CommandBeside, env: Env): Promise<string | undefined> {
  const path = env.KUBEBUILDER_ASSETS && join(env.KUBEBUILDER_ASSETS, name)
  return path && !(await absent(path)) ? path : undefined
}

const commandsIn = (dir: string): KubeCommands => ({
  apiServer: join(dir, 'kube-apiserver'),
  etcd: join(dir, 'etcd'),
  kubectl: join(dir, 'kubectl'),
})

async function absent(...paths: string[]): Promise<string | undefined> {
  const there = await Promise.all(paths.map((path) => anyExists([path])))
  return paths.find((_, index) => !there[index])
}
