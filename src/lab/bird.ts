// A BIRD router in a network namespace: start, stop, and its answers as data. The second opinion on
// what we announce, by people who did not write FRR.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { parseBirdRoutes, parseBirdSessions } from './bird-text.ts'
import type { Netns } from './netns.ts'
import { endProcess, isRunning, runInto } from './process.ts'
import type { Path, RouterState, Session } from './router-state.ts'
import { until } from './until.ts'

export interface BirdOptions {
  netns: Netns
  /** Its configuration, socket, pid file and log. The caller's; it stays after the end. */
  dir: string
  config: string
}

export class Bird implements RouterState, AsyncDisposable {
  readonly dir: string
  readonly socket: string
  readonly #netns: Netns

  constructor(netns: Netns, dir: string) {
    this.#netns = netns
    this.dir = dir
    this.socket = join(dir, 'bird.ctl')
  }

  async start(config: string): Promise<void> {
    await mkdir(this.dir, { recursive: true })
    const path = join(this.dir, 'bird.conf')
    const pidFile = join(this.dir, 'bird.pid')
    await writeFile(path, `log "${join(this.dir, 'bird.log')}" all;\n${config}`)
    const argv = ['/usr/sbin/bird', '-c', path, '-s', this.socket, '-P', pidFile]
    await runInto(join(this.dir, 'bird.out'), this.#netns.command(argv))
    await until(`BIRD answers on ${this.socket}`, async () =>
      (await this.birdc('show status')).includes('Daemon is up and running'),
    )
  }

  async birdc(command: string): Promise<string> {
    const { stdout } = await execa('/usr/sbin/birdc', ['-s', this.socket, ...command.split(' ')])
    return stdout
  }

  async version(): Promise<string> {
    return /BIRD (\S+)/.exec(await this.birdc('show status'))?.[1] ?? 'unknown'
  }

  async paths(): Promise<Path[]> {
    return parseBirdRoutes(await this.birdc('show route all'))
  }

  async sessions(): Promise<Session[]> {
    const protocols = await this.birdc('show protocols all')
    return parseBirdSessions(protocols, await this.birdc('show bfd sessions'))
  }

  async pid(): Promise<number | undefined> {
    const { stdout, failed } = await execa('cat', [join(this.dir, 'bird.pid')], { reject: false })
    const pid = Number(stdout)
    return failed || !isRunning(pid) ? undefined : pid
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const pid = await this.pid()
    if (pid !== undefined) await endProcess(pid)
  }
}

export async function startBird({ netns, dir, config }: BirdOptions): Promise<Bird> {
  const bird = new Bird(netns, dir)
  await bird.start(config)
  return bird
}
