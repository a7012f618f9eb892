// The text of one file → the objects in it, and what is no object. Pure; documents that stand in the
// file as they did before are not parsed again, so a change in one of 5,000 costs one document.
import { LineCounter, parseAllDocuments } from 'yaml'
import { GROUP, type RawObject } from '../api/kinds.ts'
import { isReadKind, refOf } from '../config/parse.ts'
import { keyOf, type ObjectRef } from '../config/problem.ts'
import { withServiceDefaults } from './service-defaults.ts'

/** One object of a file; the very same value as long as its document's text is the same. */
export interface Entry {
  readonly key: string
  readonly ref: ObjectRef
  readonly raw: RawObject
  /** From the start of its document. */
  readonly line: number
}

export interface FileProblem {
  readonly line: number
  readonly column?: number
  readonly code: string
  readonly message: string
}

export interface YamlFile {
  readonly text: string
  /** First of a key wins. */
  readonly entries: ReadonlyMap<string, Entry>
  readonly problems: readonly FileProblem[]
  /** Something in it could not be read, so what is missing may only be hidden. */
  readonly broken: boolean
  readonly documents: ReadonlyMap<string, YamlDocument>
}

interface YamlDocument {
  readonly entries: readonly Entry[]
  readonly problems: readonly FileProblem[]
  readonly broken: boolean
}

// Written by us, for people and `ferrule status`; what a user puts beside his objects is not them.
const STATUS_KINDS = new Set(['ServiceL2Status', 'ServiceBGPStatus', 'ConfigurationState'])

export function readYamlFile(text: string, ourNamespace: string, before?: YamlFile): YamlFile {
  const documents = new Map<string, YamlDocument>()
  const entries = new Map<string, Entry>()
  const lines = new Map<string, number>()
  const problems: FileProblem[] = []
  let broken = false
  for (const part of splitDocuments(text)) {
    const known = documents.get(part.text) ?? before?.documents.get(part.text)
    const document = known ?? readDocument(part.text, ourNamespace)
    documents.set(part.text, document)
    broken ||= document.broken
    for (const one of document.problems) problems.push({ ...one, line: part.line + one.line - 1 })
    for (const entry of document.entries) {
      const line = part.line + entry.line - 1
      if (!entries.has(entry.key)) {
        entries.set(entry.key, entry)
        lines.set(entry.key, line)
      } else problems.push(definedAgain(entry, { line, first: lines.get(entry.key)! }))
    }
  }
  return { text, entries, problems, broken, documents }
}

/**
 * A broken file with what its last readable version said about the objects that are not to be seen
 * now: a typing error must not take an object away.
 */
export function keepHidden(file: YamlFile, before: YamlFile | undefined): YamlFile {
  if (!file.broken || !before) return file
  const hidden = [...before.entries].filter(([key]) => !file.entries.has(key))
  return { ...file, entries: new Map([...file.entries, ...hidden]) }
}

/**
 * Whether somebody may still be writing it. Node cannot see a file being closed, so a text that ends
 * early, is unreadable, or lacks an object that stood there has to stand still before it counts.
 */
export function mayBeUnfinished(file: YamlFile, before: YamlFile | undefined): boolean {
  if (file.broken || !/[\n}]\s*$/.test(file.text)) return true
  return before?.entries.keys().some((key) => !file.entries.has(key)) ?? false
}

/** A line that starts with `---` always starts a document (YAML 1.2 §9.1.4), also in JSON text. */
function splitDocuments(text: string): { text: string; line: number }[] {
  // Directives (`%YAML`) belong to the document after them; so rare that they cost the whole file.
  if (/^%/m.test(text)) return [{ text, line: 1 }]
  const parts: { text: string; line: number }[] = []
  let line = 1
  for (const part of text.split(/^(?=---(?:\s|$))/m)) {
    parts.push({ text: part, line })
    line += lineBreaksIn(part)
  }
  return parts
}

function lineBreaksIn(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

function readDocument(text: string, ourNamespace: string): YamlDocument {
  const lineCounter = new LineCounter()
  // YAML 1.2: the 1.1 that kubectl reads turns `65000:10` into a number. What differs (`yes`, `on`)
  // is refused by the schemas, which say so. Merge keys are 1.1 too, but people use them.
  const documents = parseAllDocuments(text, { lineCounter, merge: true, prettyErrors: false })
  const entries: Entry[] = []
  const problems: FileProblem[] = []
  let broken = false
  for (const document of 'empty' in documents ? [] : documents) {
    const [error] = document.errors
    if (error) {
      const { line, col } = lineCounter.linePos(error.pos[0])
      problems.push({ line, column: col, code: 'syntax', message: error.message })
      broken = true
      continue
    }
    const line = lineCounter.linePos(document.contents?.range?.[0] ?? 0).line
    const found = objectsIn(toValue(document), ourNamespace)
    entries.push(...found.entries.map((entry) => ({ ...entry, line })))
    problems.push(...found.problems.map((problem) => ({ ...problem, line })))
  }
  return { entries, problems, broken }
}

/** Values only; an alias without its anchor was an error above, an alias bomb is one here. */
function toValue(document: { toJS(): unknown }): unknown {
  try {
    return document.toJS()
  } catch (error) {
    return { unreadable: (error as Error).message }
  }
}

interface Found {
  readonly entries: Omit<Entry, 'line'>[]
  readonly problems: Omit<FileProblem, 'line'>[]
}

function objectsIn(value: unknown, ourNamespace: string): Found {
  if (value === null || value === undefined) return { entries: [], problems: [] }
  const refuse = (code: string, message: string): Found => ({
    entries: [],
    problems: [{ code, message }],
  })
  const { apiVersion, kind, metadata, items, unreadable } = value as Record<string, unknown>
  if (typeof unreadable === 'string') return refuse('unreadable', unreadable)
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    return refuse('no-object', 'neither apiVersion nor kind: this is no Kubernetes object')
  }
  if (kind.endsWith('List') && Array.isArray(items)) {
    const found = items.map((item) => objectsIn(item, ourNamespace))
    return {
      entries: found.flatMap((one) => one.entries),
      problems: found.flatMap((one) => one.problems),
    }
  }
  if (!isOurBusiness(apiVersion, kind)) return { entries: [], problems: [] }
  const { name, namespace } = (metadata ?? {}) as Record<string, unknown>
  if (name === undefined || name === null) return refuse('no-name', `${kind} without a name`)
  if (!isName(name)) return refuse('invalid-name', `${kind}: ${JSON.stringify(name)} is no name`)
  if (namespace !== undefined && !isName(namespace)) {
    const message = `${kind} ${name}: ${JSON.stringify(namespace)} is no namespace`
    return refuse('invalid-name', message)
  }
  const raw = withServiceDefaults(value as RawObject)
  const ref = refOf(raw, ourNamespace)
  return { entries: [{ key: keyOf(ref), ref, raw }], problems: [] }
}

/** Names become file names under `.status/` and parts of keys: no slash, no leading dot. */
const isName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9][\w.:-]{0,252}$/.test(value)

/** Anything in our group, so that a misspelt kind is seen; of the others only what we read. */
function isOurBusiness(apiVersion: string, kind: string): boolean {
  if (STATUS_KINDS.has(kind)) return false
  return apiVersion.startsWith(`${GROUP}/`) || isReadKind(apiVersion, kind)
}

function definedAgain({ ref }: Entry, at: { line: number; first: number }): FileProblem {
  const object = `${ref.kind} ${ref.namespace}/${ref.name}`
  const message = `${object} is defined in line ${at.first} already, and that one counts`
  return { line: at.line, code: 'defined-twice', message }
}
