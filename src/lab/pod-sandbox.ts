// A container that does nothing but hold a network namespace open: a node of ours for Pods to share, as
// the pause container of a kubelet. Its namespace is wired by netns.ts like any other.
import type { Docker } from './docker.ts'

export interface Sandbox extends AsyncDisposable {
  /** For what shall be in there: the value of Docker's `--network`. */
  readonly network: string
  /** Its one process, whose namespace can be given a name (`Net.adoptNetns`). */
  readonly pid: number
}

export interface SandboxOptions {
  readonly docker: Docker
  /** The container's name. */
  readonly name: string
  readonly hostname: string
  /** Any that has `sleep`. */
  readonly image: string
}

export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { docker, name, hostname, image } = options
  await docker.run([
    ...['run', '--detach', '--name', name, '--hostname', hostname, '--network', 'none'],
    ...['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'],
    // It heeds no signal as the first process of its namespace; an init would, and end at once.
    ...['--init', '--entrypoint', 'sleep', image, 'infinity'],
  ])
  const pid = Number(await docker.run(['inspect', '--format', '{{.State.Pid}}', name]))
  return {
    network: `container:${name}`,
    pid,
    [Symbol.asyncDispose]: async () => {
      await docker.run(['rm', '--force', name])
    },
  }
}
