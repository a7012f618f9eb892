// The lines of frr.conf that say how much each daemon logs, and what brings a running daemon to them.
// Separate from the tree, which is compared at every pass and has none of them. Pure.

/** Every daemon that logs, but mgmtd, which is never spoken to. */
export const LOGGING_DAEMONS = ['zebra', 'bgpd', 'bfdd', 'staticd'] as const
export type LoggingDaemon = (typeof LOGGING_DAEMONS)[number]

/**
 * What the template turns on. Only these are taken back: what somebody else turned on stays. None of
 * them prints a password; `log commands` would, and shall never stand here.
 */
export const DEBUG_LINES: { readonly [Daemon in LoggingDaemon]: readonly string[] } = {
  zebra: ['events', 'nht', 'kernel', 'rib', 'nexthop'].map((what) => `debug zebra ${what}`),
  bgpd: ['neighbor-events', 'updates', 'keepalives', 'nht', 'zebra'].map(
    (what) => `debug bgp ${what}`,
  ),
  bfdd: ['network', 'peer', 'zebra'].map((what) => `debug bfd ${what}`),
  staticd: [],
}

export interface LogLines {
  /** The whole line; undefined when nothing goes to stdout. */
  readonly stdout: string | undefined
  readonly debug: ReadonlySet<string>
}

/** Of a whole file, or of what one daemon shows. Of two lines about one thing the later one counts. */
export function logLinesIn(text: string): LogLines {
  let stdout: string | undefined
  const debug = new Set<string>()
  for (const raw of text.split('\n')) {
    const line = shortened(raw.trim())
    if (line === 'no log stdout') stdout = undefined
    else if (line.startsWith('log stdout')) stdout = line
    else if (line.startsWith('debug ')) debug.add(line)
    else if (line.startsWith('no debug ')) debug.delete(line.slice('no '.length))
  }
  return { stdout, debug }
}

/** Without such a line somebody else decides how FRR logs. */
export const saysHowToLog = (text: string): boolean => /^\s*(no )?log stdout/m.test(text)

/** FRR shows the most talkative level as no word, and updates as two lines: one for each direction. */
function shortened(line: string): string {
  if (line === 'log stdout') return 'log stdout debugging'
  return /^debug bgp updates (in|out)$/.test(line) ? 'debug bgp updates' : line
}

/** What to tell this daemon, which logs as `running` says. None of it touches a session. */
export function logCommands(daemon: LoggingDaemon, wanted: LogLines, running: LogLines): string[] {
  const lines = DEBUG_LINES[daemon]
  const isOn = ({ debug }: LogLines) => new Set(lines.filter((line) => debug.has(line)))
  const off = isOn(running).difference(isOn(wanted))
  const on = isOn(wanted).difference(isOn(running))
  return [
    ...(wanted.stdout === running.stdout ? [] : [wanted.stdout ?? 'no log stdout']),
    ...[...off].map((line) => `no ${line}`),
    ...on,
  ]
}
