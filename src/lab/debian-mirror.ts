// Where this machine fetches Debian's packages. Separate from packages.ts: a second FRR and the base of the
// images come from the same place, whatever it is called here, and it stays out of all that is kept.
import { apt } from './packages.ts'

/** The keys of every Debian since 11, so signatures are checked as usual. */
export const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'

export interface DebianArchives {
  readonly main: string
  /** Security updates, where this machine takes them. */
  readonly security?: string
}

export async function debianArchives(): Promise<DebianArchives> {
  const known = archivesIn(await listed())
  if (known) return known
  // Origin and label are read from the lists; a fresh machine has none yet.
  await apt(['update'])
  const found = archivesIn(await listed())
  if (!found) throw new Error('apt on this machine has no Debian archive among its sources')
  return found
}

const listed = () => apt(['indextargets', '--format', '$(REPO_URI) $(ORIGIN) $(LABEL) $(CODENAME)'])

export function archivesIn(targets: string): DebianArchives | undefined {
  const main = /^(\S+) Debian Debian [a-z]+$/m.exec(targets)?.[1]
  const security = /^(\S+) Debian Debian-Security [a-z]+-security$/m.exec(targets)?.[1]
  return main === undefined ? undefined : { main, ...(security === undefined ? {} : { security }) }
}
