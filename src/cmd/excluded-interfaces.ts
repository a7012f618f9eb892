// The file of MetalLB that says which interfaces layer 2 shall not see: its flag, and how it is read.
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { describe } from '../describe.ts'
import { parseExclusion } from '../l2/exclusion.ts'
import { text } from './flags.ts'

export const l2ExcludeFile = text(
  'File that says on which interfaces layer 2 never answers: a list of regular expressions under announcedInterfacesToExclude. Read at the start; without the file, none is excluded.',
  '/etc/metallb/excludel2.yaml',
  { value: 'FILE' },
)

/** An empty file excludes nothing, as an empty list does. */
const Excluded = z
  .strictObject({
    announcedInterfacesToExclude: z.array(z.string().min(1)).nullish(),
  })
  .nullish()

/** Throws when it cannot be read or makes no sense: to answer where nobody wants it is the worse mistake. */
export function readExcludedInterfaces(path: string): readonly string[] {
  const written = readIfThere(path)
  if (written === undefined) return []
  try {
    const patterns = parseExcluded(written)
    parseExclusion(patterns)
    return patterns
  } catch (error) {
    throw new Error(`${path} (--l2-exclude-file): ${describe(error)}`, { cause: error })
  }
}

function parseExcluded(written: string): readonly string[] {
  const parsed = Excluded.safeParse(parse(written, { prettyErrors: false }))
  if (parsed.success) return parsed.data?.announcedInterfacesToExclude ?? []
  const [issue] = parsed.error.issues
  throw new Error(`${issue?.path.join('.') || 'the file'}: ${issue?.message}`)
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`cannot read ${path} (--l2-exclude-file)`, { cause: error })
  }
}
