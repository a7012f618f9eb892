// A router of the topology in its container, asked in the words of its make.
import { parseBirdRoutes, parseBirdSessions } from '../../../src/lab/bird-text.ts'
import type { Docker } from '../../../src/lab/docker.ts'
import type { Netns } from '../../../src/lab/netns.ts'
import { frrState, type RouterState } from '../../../src/lab/router-state.ts'
import type { RouterSpec } from '../../../src/lab/topology.ts'

/** How often a router heard from a neighbour, and how often the session began. */
export interface Heard {
  readonly updates: number
  readonly sessions: number
}

export interface RouterContainer extends RouterState {
  readonly spec: RouterSpec
  readonly netns: Netns
  /** What it says to a `show` command. */
  show(command: string): Promise<string>
  heard(peer: string): Promise<Heard>
}

export function routerContainer(
  docker: Docker,
  container: string,
  { spec, netns }: Pick<RouterContainer, 'spec' | 'netns'>,
): RouterContainer {
  const run = (...argv: string[]) => docker.run(['exec', container, ...argv])
  return spec.implementation === 'frr'
    ? { spec, netns, ...frrRouter((command) => run('vtysh', '-c', command)) }
    : { spec, netns, ...birdRouter((command) => run('birdc', ...command.split(' '))) }
}

type Asked = (command: string) => Promise<string>
type Answers = Omit<RouterContainer, 'spec' | 'netns'>

interface FrrNeighbour {
  readonly messageStats: { readonly updatesRecv: number }
  readonly connectionsEstablished: number
}

function frrRouter(show: Asked): Answers {
  const json = async <T>(command: string) => JSON.parse(await show(`${command} json`)) as T
  return {
    show,
    ...frrState({ show: json }),
    async heard(peer) {
      const all = await json<Record<string, FrrNeighbour>>(`show bgp neighbors ${peer}`)
      const { messageStats, connectionsEstablished } = all[peer]!
      return { updates: messageStats.updatesRecv, sessions: connectionsEstablished }
    },
  }
}

/** The clock by which BIRD says since when a session stands is slewed: the milliseconds change by themselves. */
const SAME_MS = 500

function birdRouter(show: Asked): Answers {
  const seen = new Map<string, { begin: number; count: number }>()
  /** BIRD counts no sessions: those that it had when it was asked. */
  const countOf = (peer: string, since: string): number => {
    const [hours = 0, minutes = 0, seconds = 0] = since.split(':').map(Number)
    const begin = ((hours * 60 + minutes) * 60 + seconds) * 1000
    const last = seen.get(peer)
    const isSame = last !== undefined && Math.abs(begin - last.begin) <= SAME_MS
    const count = (last?.count ?? 0) + (isSame ? 0 : 1)
    seen.set(peer, { begin, count })
    return count
  }
  return {
    show,
    paths: async () => parseBirdRoutes(await show('show route all')),
    sessions: async () =>
      parseBirdSessions(await show('show protocols all'), await show('show bfd sessions')),
    async heard(peer) {
      const blocks = (await show('show protocols all')).split(/\n(?=\S)/)
      const block = blocks.find((one) => one.includes(`Neighbor address: ${peer}\n`)) ?? ''
      const updates = /Import updates:\s+(\d+)/.exec(block)?.[1]
      const withdrawals = /Import withdraws:\s+(\d+)/.exec(block)?.[1]
      const [, since] = /^\S+\s+BGP\s+\S+\s+up\s+(\S+)/.exec(block) ?? []
      return {
        updates: Number(updates) + Number(withdrawals),
        sessions: since === undefined ? 0 : countOf(peer, since),
      }
    },
  }
}
