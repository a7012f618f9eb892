// Reads our own source as text: files, what they import, and their code without comments. Enough
// for the facts in tidy.test.ts; no compiler.
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

export const ROOT = join(import.meta.dirname, '../..')

export interface Import {
  /** A package or node module as written; a file of ours from the root: `src/net/prefix.ts`. */
  readonly from: string
  /** Only types: nothing is loaded at run time. */
  readonly typeOnly: boolean
  /** Without aliases; empty for `* as`, a default or a whole module. */
  readonly names: readonly string[]
}

/** Paths from the root, sorted. */
export const find = (...patterns: string[]): string[] => globSync(patterns, { cwd: ROOT }).sort()

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

// Strings first, so that `//` in one begins no comment. A template literal may span lines.
const STRING_OR_COMMENT =
  /('(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|\/\*.*?\*\/|\/\/[^\n]*/gs

export const withoutComments = (text: string): string =>
  text.replaceAll(STRING_OR_COMMENT, (_, string: string | undefined) => string ?? '')

const STATEMENT =
  /^(?:import|export)\s+(?<type>type\s+)?(?:(?<what>[^'"`;]*?)\s*from\s*)?'(?<from>[^']+)'/gm
const DYNAMIC = /\bimport\(\s*'(?<from>[^']+)'/g

export function importsOf(path: string, text = read(path)): Import[] {
  const code = withoutComments(text)
  const statements = [...code.matchAll(STATEMENT)].map(({ groups = {} }) => {
    const names = /\{(?<list>[^}]*)\}/.exec(groups.what ?? '')?.groups?.list?.split(',') ?? []
    const written = names.map((name) => name.trim()).filter(Boolean)
    const types = written.filter((name) => name.startsWith('type '))
    return {
      from: resolve(path, groups.from!),
      typeOnly: groups.type !== undefined || (types.length > 0 && types.length === written.length),
      names: written.map((name) => name.replace(/^type /, '').replace(/ as .*$/, '')),
    }
  })
  const dynamic = [...code.matchAll(DYNAMIC)].map(({ groups }) => ({
    from: resolve(path, groups!.from!),
    typeOnly: false,
    names: [],
  }))
  return [...statements, ...dynamic]
}

const resolve = (path: string, from: string) =>
  from.startsWith('.') ? normalize(join(dirname(path), from)) : from
