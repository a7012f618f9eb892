// What is gathered, until it is written: files with what they are, and what could not be had and why.
// Bounded in every direction, and written only when all is known that must not be in it. Pure.
import type { Redactor } from './redactor.ts'

export interface GatheredFile {
  readonly path: string
  readonly text: string
}

interface Kept extends GatheredFile {
  readonly about: string
  /** Characters that were left out. */
  readonly cut: number
}

export interface Missing {
  readonly path: string
  readonly why: string
}

/** Of a file that is too long: a log ends with what matters, anything else begins with it. */
export type Keep = 'head' | 'tail'

export interface Limits {
  readonly fileBytes: number
  readonly totalBytes: number
  readonly files: number
}

const MEGABYTE = 1024 * 1024
export const LIMITS: Limits = { fileBytes: 10 * MEGABYTE, totalBytes: 256 * MEGABYTE, files: 5000 }
/** Beside a speaker, in the memory that its container has left. */
export const NODE_LIMITS: Limits = { ...LIMITS, totalBytes: 48 * MEGABYTE, files: 200 }
/** For the note that says so. */
const NOTE_BYTES = 200
const REASON_MAX = 500

export class Collection {
  readonly redactor: Redactor
  readonly #limits: Limits
  readonly #files = new Map<string, Kept>()
  readonly #missing: Missing[] = []
  #bytes = 0

  constructor(redactor: Redactor, limits: Limits = LIMITS) {
    this.redactor = redactor
    this.#limits = limits
  }

  /** Text that the redactor has seen. */
  add(path: string, text: string, about: string, keep: Keep = 'head'): void {
    const { fileBytes, totalBytes, files } = this.#limits
    const safe = safePath(path)
    const kept = cutTo(text, fileBytes - NOTE_BYTES, keep)
    const bytes = Buffer.byteLength(kept)
    if (this.#files.size >= files) this.miss(path, `there are ${files} files already`)
    else if (this.#bytes + bytes > totalBytes) {
      this.miss(path, `all files together would be more than ${megabytes(totalBytes)}`)
    } else {
      this.#bytes += bytes
      this.#files.set(safe, { path: safe, text: kept, about, cut: text.length - kept.length })
    }
  }

  addText(path: string, text: string, about: string, keep?: Keep): void {
    this.add(path, this.redactor.text(text), about, keep)
  }

  miss(path: string, why: string): void {
    this.#missing.push({ path: safePath(path), why: why.slice(0, REASON_MAX) })
  }

  /** Tries it; that it fails is part of the result. */
  async try(path: string, gather: () => Promise<void>, explain: (error: unknown) => string) {
    try {
      await gather()
    } catch (error) {
      this.miss(path, explain(error))
    }
  }

  get count(): number {
    return this.#files.size
  }

  get missing(): readonly Missing[] {
    return this.#missing
  }

  /** By path, the index first. What was learned last is taken out of what was gathered first. */
  files(heading: readonly string[]): GatheredFile[] {
    const sorted = [...this.#files.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
    const index = { path: 'index.txt', text: this.#index(heading, sorted) }
    return [
      index,
      ...sorted.map(({ path, text, cut }) => ({ path, text: withNote(text, cut) })),
    ].map(({ path, text }) => ({ path, text: this.redactor.withoutKnown(text) }))
  }

  #index(heading: readonly string[], files: readonly Kept[]): string {
    const width = Math.max(0, ...files.map(({ path }) => path.length))
    const lines = files.map(({ path, about, cut }) => {
      const note = cut > 0 ? ` (cut: ${cut} characters are left out)` : ''
      return `${path.padEnd(width)}  ${about}${note}`
    })
    const missing = this.#missing.map(({ path, why }) => `${path}: ${this.redactor.text(why)}`)
    return [
      ...heading,
      '',
      ...[`${files.length} files; secrets are replaced by ***.`, ''],
      ...lines,
      ...(missing.length > 0 ? ['', 'What could not be had, and why:', '', ...missing] : []),
      '',
    ].join('\n')
  }
}

const withNote = (text: string, cut: number): string =>
  cut > 0 ? `[${cut} characters are left out, for the file would be too large]\n${text}` : text

/** On a boundary of lines, where there is one. */
function cutTo(text: string, bytesMax: number, keep: Keep): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= bytesMax) return text
  if (keep === 'head') {
    const end = bytes.lastIndexOf(10, bytesMax)
    return bytes.subarray(0, end > 0 ? end + 1 : bytesMax).toString()
  }
  const start = bytes.indexOf(10, bytes.length - bytesMax)
  return bytes.subarray(start >= 0 ? start + 1 : bytes.length - bytesMax).toString()
}

/** Names come from a cluster: none of them may lead out of the folder. */
export function safePath(path: string): string {
  const steps = path.split('/').map((step) => step.replace(/[^\w.:-]/g, '_').slice(0, 200))
  return steps.filter((step) => !/^\.*$/.test(step)).join('/') || '_'
}

const megabytes = (bytes: number): string => `${Math.round(bytes / MEGABYTE)} MB`
