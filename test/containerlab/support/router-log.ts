// When a router of ours lost its sessions and had them again, by its own log. Its times are to the
// millisecond; the rest of a line is FRR's.

export interface SessionChange {
  /** Address of the neighbour. */
  readonly peer: string
  readonly isUp: boolean
  readonly at: number
}

const CHANGE =
  /^(\d{4})\/(\d\d)\/(\d\d) (\d\d:\d\d:\d\d\.\d{3}) .*%ADJCHANGE: neighbor ([^( ]+)\S* .*\b(Up|Down)\b/

/** FRR writes the machine's own time, without a zone. */
export function sessionChanges(log: string): SessionChange[] {
  return log.split('\n').flatMap((line) => {
    const [, year, month, day, time, peer = '', state] = CHANGE.exec(line) ?? []
    if (year === undefined) return []
    return [
      { peer, isUp: state === 'Up', at: new Date(`${year}-${month}-${day}T${time}`).getTime() },
    ]
  })
}

export interface Outage {
  readonly peer: string
  readonly from: number
  readonly ms: number
}

/** Those that are over, in the order in which they began. */
export function outagesOf(changes: readonly SessionChange[]): Outage[] {
  return changes.flatMap(({ peer, isUp, at }, index) => {
    if (isUp) return []
    const back = changes.slice(index).find((later) => later.peer === peer && later.isUp)
    return back ? [{ peer, from: at, ms: back.at - at }] : []
  })
}
