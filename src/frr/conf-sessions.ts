// The sessions that frr.conf asks for, with the names of the BGPPeers they are opened for: what is left
// to go by when the speaker does not answer. Pure.
import type { Place } from '../reconciler/sessions.ts'

export interface ConfSession extends Place {
  /** Of the BGPPeer, as its description has it; the neighbour's own where there is none. */
  readonly name: string
  /** Absent: it has no BFD. */
  readonly profile?: string
}

interface Draft extends Place {
  name?: string
  profile?: string
}

/** In the order of the file. */
export function sessionsOfConf(text: string): ConfSession[] {
  const found = new Map<string, Draft>()
  let vrf = 'default'
  for (const line of text.split('\n')) {
    const router = /^router bgp \d+(?: (?:vrf|view) (\S+))?/.exec(line)
    if (router) vrf = router[1] ?? 'default'
    const [, peer = '', what = '', rest = ''] = /^ neighbor (\S+) (\S+) ?(.*)$/.exec(line) ?? []
    const isOpened = what === 'remote-as' || (what === 'interface' && rest.startsWith('remote-as'))
    const key = `${vrf} ${peer}`
    if (isOpened) found.set(key, { vrf, peer, ...found.get(key) })
    const session = found.get(key)
    if (!session) continue
    if (what === 'description') session.name = rest
    if (what === 'bfd') session.profile = /^profile (\S+)/.exec(rest)?.[1] ?? session.profile ?? ''
  }
  return [...found.values()].map((one) => ({ ...one, name: one.name ?? one.peer }))
}
