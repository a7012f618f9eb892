// Sees every ARP, neighbour discovery and test frame at one interface, with the kernel's time for each.
// tcpdump does the reading: our own codecs wrote the frames, and should not be their own witnesses.
import { createInterface } from 'node:readline'
import { execa } from 'execa'
import type { Netns } from '../../../src/lab/netns.ts'
import { until } from '../../../src/lab/until.ts'
import { CALL_PORT } from './caller.ts'

export interface Sight {
  /** In milliseconds since 1970. */
  readonly at: number
  readonly from: string
  readonly to: string
  /**
   * An unasked claim to all; the answer to one who asked; a question; or what is sent to the address
   * once it is known.
   */
  readonly kind: 'claim' | 'answer' | 'question' | 'call'
  readonly address: string
}

const FILTER = `arp or (icmp6 and (ip6[40] = 135 or ip6[40] = 136)) or udp port ${CALL_PORT}`
const FRAME = /^(\d+\.\d+) (\S+) > (\S+), ethertype [^:]*: (.*)$/
const TO_ALL = new Set(['ff:ff:ff:ff:ff:ff', '33:33:00:00:00:01'])
/** What tcpdump says of the frames we know, and which address it is about. The first that fits. */
const KINDS: readonly (readonly [RegExp, Sight['kind']])[] = [
  [/^Request who-has (\S+)(?: \S+)? tell \1,/, 'claim'],
  [/^Request who-has (\S+) /, 'question'],
  [/^Reply (\S+) is-at /, 'answer'],
  [/neighbor solicitation, who has (\S+),/, 'question'],
  [/neighbor advertisement, tgt is (\S+),/, 'answer'],
  [/> (\S+)\.\d+: UDP,/, 'call'],
]

export class Eyes implements AsyncDisposable {
  /** Oldest first; grows. */
  readonly sights: Sight[] = []
  readonly #end: () => Promise<void>

  constructor(lines: AsyncIterable<string>, end: () => Promise<void>) {
    this.#end = end
    void this.#read(lines)
  }

  async #read(lines: AsyncIterable<string>): Promise<void> {
    for await (const line of lines) {
      const sight = sightOf(line)
      if (sight) this.sights.push(sight)
    }
  }

  /** A place in what was seen, for `since`. */
  mark(): number {
    return this.sights.length
  }

  since(mark: number): readonly Sight[] {
    return this.sights.slice(mark)
  }

  /** The first after the mark that fits. */
  async sees(
    what: string,
    fits: (sight: Sight) => boolean,
    { mark, timeoutMs = 60_000 }: { mark: number; timeoutMs?: number },
  ): Promise<Sight> {
    let next = mark
    const found = () => {
      for (; next < this.sights.length; next++) {
        const sight = this.sights[next]!
        if (fits(sight)) return sight
      }
      return undefined
    }
    return await until(`to see ${what}`, found, { timeoutMs, everyMs: 2 })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#end()
  }
}

export async function openEyes(netns: Netns, ifname = 'eth0'): Promise<Eyes> {
  const flags = ['-i', ifname, '-n', '-e', '-tt', '-l', '--immediate-mode', '-B', '8192']
  const [file = '', ...args] = netns.command(['tcpdump', ...flags, FILTER])
  const child = execa(file, args, { buffer: false, reject: false })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const eyes = new Eyes(createInterface({ input: child.stdout }), async () => {
    child.kill('SIGTERM')
    await child
  })
  try {
    await until('tcpdump listens', () => said.includes('listening on'))
    return eyes
  } catch (cause) {
    await eyes[Symbol.asyncDispose]()
    throw new Error(`tcpdump in ${netns.id}: ${said}`, { cause })
  }
}

/** Nothing when the frame is none of those that matter here. */
function sightOf(line: string): Sight | undefined {
  const [, seconds, from = '', to = '', text = ''] = FRAME.exec(line) ?? []
  if (seconds === undefined) return undefined
  for (const [pattern, said] of KINDS) {
    const address = pattern.exec(text)?.[1]
    if (address === undefined) continue
    const kind = said === 'answer' && TO_ALL.has(to) ? 'claim' : said
    return { at: Number(seconds) * 1000, from, to, kind, address }
  }
  return undefined
}
