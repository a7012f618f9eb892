// Whether this machine can build what the tests need in Go. Separate from packages.ts, because Debian's
// own Go may be too old, and which one to take instead is for the person to decide.
import { execa } from 'execa'

/** From this one on, Go fetches by itself the newer version that a module may ask for. */
const OLDEST_MINOR = 21

/** A sentence when there is none that will do. */
export async function whyNoGo(): Promise<string | undefined> {
  const { stdout, failed } = await execa('go', ['version'], { reject: false })
  if (failed) return 'there is no go in PATH'
  const [, name, minor] = /\b(go1\.(\d+)\S*)/.exec(stdout) ?? []
  if (Number(minor) >= OLDEST_MINOR) return undefined
  return `${name ?? stdout} is too old, it takes go1.${OLDEST_MINOR} or later`
}
