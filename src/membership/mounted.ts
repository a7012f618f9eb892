// The two files that Kubernetes mounts for the gossip: the key of the ring, and settings that replace
// ours. Separate, so that what they mean stays free of files.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PROFILES, parseSettings, type Settings } from './settings.ts'

/** Of the Secret that the controller makes. */
const KEY_FILE = 'secretkey'

/** The bytes as they are: a line end at their end is part of the key, for MetalLB as well. */
export async function readSecret(dir: string): Promise<Uint8Array> {
  if (dir === '') return new Uint8Array()
  try {
    return new Uint8Array(await readFile(join(dir, KEY_FILE)))
  } catch (cause) {
    throw new Error(
      `the key of the speakers' gossip cannot be read; ${dir} has to hold the Secret "memberlist" with its key "${KEY_FILE}"`,
      { cause },
    )
  }
}

/** The file wins over the profile; without one the profile stands. */
export async function readSettings(path: string, profile: 'LAN' | 'WAN'): Promise<Settings> {
  const text = path === '' ? undefined : await textOf(path)
  if (text === undefined) return PROFILES[profile]
  const parsed = parseSettings(text)
  if ('settings' in parsed) return parsed.settings
  throw new Error(`the settings of the gossip in ${path}: ${parsed.problems.join('; ')}`)
}

/** A Secret or ConfigMap that is optional and missing is an empty folder. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`the settings of the gossip in ${path} cannot be read`, { cause })
  }
}
