// The second half of a case: its Services are gone, and one of ours is there instead. BGP keeps its
// order, so once that one has arrived, whatever was said before it has arrived too.
import { join } from 'node:path'
import type { Family } from '../../../src/net/address.ts'
import type { SpeakerPlan } from '../../../src/reconciler/speaker.ts'
import { worldOfFiles } from '../../support/world-of-files.ts'
import { planOf } from './node.ts'

const DIR = join(import.meta.dirname, 'one-more')
const KEY = 'default/one-more'
const PREFIXES: Readonly<Record<Family, string>> = {
  4: '203.0.113.99/32',
  6: '2001:db8:99::99/128',
}

/** What a session with these families must hear of it. */
export const oneMoreOn = (families: readonly Family[]): string[] =>
  families.map((family) => PREFIXES[family])

export function planAfterwards(dirs: readonly string[]): SpeakerPlan {
  const world = worldOfFiles(...dirs, DIR)
  const services = new Map([...world.services].filter(([key]) => key === KEY))
  return planOf({ ...world, services })
}
