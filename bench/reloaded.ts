// A second FRR, equal to the one Ferrule speaks to, that gets the same changes by frr-reload.py: the way
// MetalLB configures FRR, without the three seconds that MetalLB waits before it starts.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { openPair, type Pair, type WholeNodeOptions } from '../test/net/support/whole-node.ts'
import { wallNow } from './measure.ts'

export const FRR_RELOAD = '/usr/lib/frr/frr-reload.py'

export class Reloaded implements AsyncDisposable {
  readonly hearing: Pair['hearing']
  readonly #pair: Pair
  #text = ''

  static async open(options: WholeNodeOptions): Promise<Reloaded> {
    return new Reloaded(await openPair(options))
  }

  private constructor(pair: Pair) {
    this.#pair = pair
    this.hearing = pair.hearing
  }

  /** Makes FRR run this text; returns the time at which that was asked for. */
  async reload(text: string): Promise<number> {
    const { frr } = this.#pair
    // FRR's default, five seconds, as MetalLB leaves it: without it no edit of a policy reaches anybody.
    this.#text = text.replace('bgp route-map delay-timer 0\n', '')
    await writeFile(join(frr.configDir, 'new.conf'), this.#text)
    const at = wallNow()
    const [file = '', ...args] = frr.command([
      ...['python3', FRR_RELOAD, '--reload', '/etc/frr/new.conf'],
      ...['--bindir', '/usr/bin', '--confdir', '/etc/frr'],
      ...['--rundir', '/var/run/frr', '--vty_socket', '/var/run/frr'],
      ...['--log-level', 'warning'],
    ])
    await execa(file, args)
    return at
  }

  /** Edits a policy where it stands. A reload cannot do what Ferrule does: it takes 35 s for 1,000. */
  async replaceCommunity(before: string, after: string): Promise<number> {
    return await this.reload(this.#text.replaceAll(before, after))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pair[Symbol.asyncDispose]()
  }
}
