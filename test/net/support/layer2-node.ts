// The program in a node's namespace: layer 2 alone, which a test orders about by JSON lines. Run by
// responding.ts; the options are the first argument.
import { createInterface } from 'node:readline'
import { type L2Options, openL2 } from '../../../src/l2/responder.ts'
import { openLog } from '../../../src/log.ts'
import { address } from '../../../src/net/address.ts'

/** An address and its interfaces; none: all. */
export type Announced = readonly [address: string, ...interfaces: string[]]

export type Command =
  | { readonly do: 'apply'; readonly addresses: readonly Announced[] }
  | {
      readonly do: 'start' | 'state' | 'anew' | 'close' | 'exit' | 'throw' | 'crash-worker' | 'toil'
    }

export interface NodeOptions extends Omit<L2Options, 'log' | 'entry'> {
  /** URL of another worker. */
  readonly entry?: string
  readonly addresses?: readonly Announced[]
  readonly isRingWhole?: boolean
}

const {
  entry,
  addresses = [],
  isRingWhole = false,
  ...options
} = JSON.parse(process.argv[2] ?? '{}') as NodeOptions
const log = openLog('info')
const l2 = await openL2({ ...options, log, ...(entry && { entry: new URL(entry) }) })
if (addresses.length > 0) await apply(addresses)
tell({ ready: true })

for await (const line of createInterface({ input: process.stdin })) {
  const { id, ...command } = JSON.parse(line) as Command & { id: number }
  try {
    tell({ id, answer: (await run(command)) ?? null })
  } catch (error) {
    tell({ id, error: (error as Error).message })
  }
}

async function run(command: Command): Promise<unknown> {
  switch (command.do) {
    case 'apply':
      return await apply(command.addresses)
    case 'start':
      return await l2.start()
    case 'anew':
      return l2.announceAnew()
    case 'close':
      return await l2[Symbol.asyncDispose]()
    case 'exit':
      return process.exit(3)
    case 'throw':
      setImmediate(() => {
        throw new Error('on purpose')
      })
      return undefined
    case 'crash-worker': {
      const channel = new BroadcastChannel('crash')
      channel.postMessage('now')
      channel.close()
      return undefined
    }
    case 'toil':
      toil()
      return undefined
    case 'state':
      return stateOf()
  }
}

export type State = ReturnType<typeof stateOf>
function stateOf() {
  return {
    links: l2.links(),
    counters: l2.counters(),
    frames: l2.frames(),
    conflicts: l2.conflicts(),
    restarts: l2.restarts(),
  }
}

async function apply(all: readonly Announced[]): Promise<void> {
  await l2.apply(
    all.map(([text, ...interfaces]) => ({ address: address(text), interfaces: interfaces.sort() })),
    { isRingWhole },
  )
}

/** A main thread that is never free for long. */
function toil(): void {
  const end = performance.now() + 50
  while (performance.now() < end);
  setImmediate(toil)
}

function tell(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}
