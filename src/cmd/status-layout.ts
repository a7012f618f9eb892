// How a node does, as lines for a terminal of some width. Pure. What is wrong comes first: on a low
// terminal the end is what is lost.
import { type Cell, fitLine, fitTable, type Line, type Span, type Tone } from './fitted-table.ts'
import {
  type Answered,
  countText,
  type NodeSession,
  type NodeStatus,
  placeText,
} from './node-status.ts'

/** Of one kind; who has more asks for JSON. */
const ROWS_MAX = 50
const DRIFT_MAX = 8

export function layoutStatus(status: NodeStatus, width: number): Line[] {
  const sections = [
    [titleLine(status), ...status.wrong.map((one) => mark('bad', `! ${one}`))],
    sessionLines(status, width),
    bfdLines(status, width),
    layer2Lines(status, width),
    serviceLines(status, width),
    driftLines(status),
  ].filter((lines) => lines.length > 0)
  const spaced = sections.flatMap((lines, at) => (at === 0 ? lines : [[], ...lines]))
  return spaced.map((line) => fitLine(line, width))
}

const mark = (tone: Tone, text: string): Line => [{ text, tone }]

function titleLine({ node, wrong, at }: NodeStatus): Line {
  const clock = new Date(at).toISOString().slice(11, 19)
  const verdict: Span =
    wrong.length === 0
      ? { text: 'all is well', tone: 'good' }
      : { text: `${countText(wrong, 'thing')} wrong`, tone: 'bad' }
  return [
    { text: node === undefined ? 'This node' : `Node ${node}`, tone: 'title' },
    { text: `  ${clock} UTC  ` },
    verdict,
  ]
}

function sessionLines({ sessions, at }: NodeStatus, width: number): Line[] {
  const up = sessions.filter(({ isUp }) => isUp)
  const columns = [
    { title: 'PEER', least: 8 },
    { title: 'NEIGHBOR', least: 8 },
    { title: 'STATE', least: 6 },
    ...[{ title: 'SINCE' }, { title: 'SENT' }, { title: 'BFD', least: 4 }, { title: 'DROPS' }],
  ]
  const rows = sessions.map((session) => sessionRow(session, at))
  return listed(`Sessions: ${up.length} of ${sessions.length} up`, rows, (kept) =>
    fitTable(columns, kept, width),
  )
}

function sessionRow(session: NodeSession, at: number): Cell[] {
  const { name, state, isUp, upAt, bfd, dropped, wanted } = session
  const sent = sum(session.sent)
  const isBehind = isUp && wanted !== undefined && sent < sum(wanted)
  const prefixes = wanted === undefined ? `${sent}` : `${sent} of ${sum(wanted)}`
  return [
    ...[name, placeText(session)],
    { text: state, tone: isUp ? 'good' : 'bad' },
    upAt === undefined ? '' : since(at - upAt),
    isBehind ? { text: prefixes, tone: 'bad' } : prefixes,
    bfd ? { text: bfd.status, tone: bfd.status === 'up' ? 'good' : 'bad' } : '',
    String(dropped),
  ]
}

const sum = (sent: NodeSession['sent']): number => sent[4] + sent[6]

/** As kubectl tells an age: the two units that matter. */
export function since(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2)
  return shown.map(([count, unit]) => `${count}${unit}`).join('')
}

function bfdLines({ bfd }: NodeStatus, width: number): Line[] {
  if (bfd.length === 0) return []
  const columns = ['NEIGHBOR', 'INTERFACE', 'STATUS', 'RECEIVE', 'TRANSMIT', 'DOWN AFTER']
  const rows = bfd.map((one): Cell[] => [
    placeText(one),
    one.interface ?? '',
    { text: one.status, tone: one.status === 'up' ? 'good' : 'bad' },
    `${one.receiveInterval} ms`,
    `${one.transmitInterval} ms`,
    `${one.receiveInterval * one.detectMultiplier} ms`,
  ])
  const up = bfd.filter(({ status }) => status === 'up').length
  return listed(`BFD: ${up} of ${bfd.length} up`, rows, (kept) =>
    fitTable(
      columns.map((title) => ({ title })),
      kept,
      width,
    ),
  )
}

function layer2Lines({ layer2 }: NodeStatus, width: number): Line[] {
  if (!layer2 || layer2.length === 0) return []
  const here = layer2.filter(({ isHere }) => isHere)
  const addresses = new Set(here.map(({ address }) => address)).size
  const columns = [
    { title: 'ADDRESS', least: 12 },
    ...[{ title: 'ANSWERED BY' }, { title: 'INTERFACES' }, { title: 'SERVICE' }],
  ]
  // This node's own come first, for the list may be cut.
  const rows = [...here, ...layer2.filter(({ isHere }) => !isHere)].map(layer2Row)
  return listed(`Layer 2: ${addresses} answered from here`, rows, (kept) =>
    fitTable(columns, kept, width),
  )
}

function layer2Row({ address, owner, isHere, interfaces, service }: Answered): Cell[] {
  const by: Cell = isHere
    ? { text: 'this node', tone: 'good' }
    : owner === undefined
      ? { text: 'nobody', tone: 'bad' }
      : owner
  return [address, by, isHere ? interfaces.join(' ') || 'all' : '', service]
}

function serviceLines({ services }: NodeStatus, width: number): Line[] {
  if (!services) return []
  const { count, announced, unannounced } = services
  const title = `Services: ${announced} of ${count} announced from here`
  const rows = unannounced.map(({ service, addresses, sentence }) => [
    ...[service, addresses.join(' '), sentence],
  ])
  const columns = [{ title: 'SERVICE' }, { title: 'ADDRESSES' }, { title: 'WHY NOT', least: 12 }]
  return listed(title, rows, (kept) => fitTable(columns, kept, width))
}

function driftLines({ drift }: NodeStatus): Line[] {
  const lines = drift.flatMap(({ missing, extra }) => [
    ...missing.map((line) => `- ${line}`),
    ...extra.map((line) => `+ ${line}`),
  ])
  if (lines.length === 0) return []
  const title = mark('title', 'FRR against frr.conf: - is not run, + is run beside it')
  return [title, ...kept(lines, DRIFT_MAX).map((text): Line => [{ text }])]
}

function kept(lines: readonly string[], max: number): string[] {
  if (lines.length <= max) return [...lines]
  return [...lines.slice(0, max - 1), `… ${lines.length - max + 1} lines more`]
}

function listed(title: string, rows: Cell[][], draw: (rows: Cell[][]) => Line[]): Line[] {
  if (rows.length === 0) return [mark('title', title)]
  const more = rows.length - ROWS_MAX
  const rest = more > 0 ? [mark('faint', `… ${more} more; --json has all of them`)] : []
  return [mark('title', title), ...draw(rows.slice(0, ROWS_MAX)), ...rest]
}
