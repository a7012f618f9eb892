// The way to Docker: the engine this machine has, else one of our own while it is needed
// (docker-engine.ts). Separate, because images, pods and topologies all go through it.
import type { Readable } from 'node:stream'
import { execa } from 'execa'
import { answers, engineDir, joinEngine, whyNoEngine } from './docker-engine.ts'

type Env = Readonly<Record<string, string | undefined>>

export interface RunOptions {
  /** What the command reads. */
  readonly input?: string | Readable
  readonly signal?: AbortSignal
  /** Further environment of the client. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Docker extends AsyncDisposable {
  /** The value of DOCKER_HOST that leads there. */
  readonly host: string
  /** What it printed on stdout, without the last line's end; an error holds what it printed on stderr. */
  run(args: readonly string[], options?: RunOptions): Promise<string>
}

/** Why there is no way to Docker here, as a sentence, or nothing when there is. */
export async function whyNoDocker(env: Env = process.env): Promise<string | undefined> {
  const { failed } = await execa('docker', ['--version'], { reject: false })
  if (failed) return 'there is no docker in PATH (package docker.io)'
  if (await answers(await usualHost(env))) return undefined
  return await whyNoEngine()
}

/** Disposing it lets go of an engine of our own; the machine's engine stays as it was. */
export async function openDocker(
  say: (line: string) => void,
  env: Env = process.env,
): Promise<Docker> {
  const host = await usualHost(env)
  if (await answers(host)) return docker(host, async () => {})
  const why = await whyNoEngine()
  if (why !== undefined) throw new Error(why)
  const engine = await joinEngine(engineDir(env), say)
  return docker(engine.host, async () => await engine[Symbol.asyncDispose]())
}

/** What the environment says, else what the person chose with `docker context use`. */
async function usualHost(env: Env): Promise<string> {
  if (env.DOCKER_HOST) return env.DOCKER_HOST
  const argv = ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']
  const { stdout } = await execa('docker', argv)
  return stdout.trim()
}

function docker(host: string, close: () => Promise<void>): Docker {
  return {
    host,
    async run(args, { input, signal, env } = {}) {
      const { stdout } = await execa('docker', args, {
        env: { ...env, DOCKER_HOST: host },
        ...(input === undefined ? { stdin: 'ignore' } : { input }),
        ...(signal === undefined ? {} : { cancelSignal: signal }),
        maxBuffer: 100_000_000,
      })
      return stdout
    },
    [Symbol.asyncDispose]: close,
  }
}
