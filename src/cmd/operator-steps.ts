// Carries out what `src/operator/plan.ts` found to do: takes over, applies, removes, and says so. An
// object that cannot be written does not keep the others from being written.

import { applyObject, deleteObject, writeManagedFields } from '../kube/apply.ts'
import { forEachAtOnce } from '../kube/at-once.ts'
import type { Told } from '../kube/event-book.ts'
import type { RawCopies } from '../kube/raw-copies.ts'
import type { Writing } from '../kube/write.ts'
import type { Log } from '../log.ts'
import { isContest, type Mended, mended, waitMs } from '../operator/mending.ts'
import { keyOf } from '../operator/objects.ts'
import { type Applied, digest, planSteps } from '../operator/plan.ts'
import type { StandingObject } from '../operator/standing.ts'
import { FIELD_MANAGER, formerManagers, takenOver } from '../operator/takeover.ts'
import { resourceOfKind, slimmed } from './operator-kinds.ts'

export interface InstallerOptions {
  readonly copies: Pick<RawCopies, 'wrote'>
  readonly writing: Writing
  readonly log: Log
  readonly record: (told: Told) => void
  /** Asks for another pass after this time. */
  readonly later: (ms: number) => void
}

const AT_ONCE = 8

export class Installer {
  readonly #options: InstallerOptions
  readonly #applied = new Map<string, Applied>()
  /** Objects of which what stood was changed, while nothing else was asked for. */
  readonly #mended = new Map<string, Mended>()

  constructor(options: InstallerOptions) {
    this.#options = options
  }

  /** `installation`: whose these are; without one nothing is wanted. */
  async make(
    wanted: readonly StandingObject[],
    standing: readonly StandingObject[],
    installation: StandingObject | undefined,
  ): Promise<void> {
    const seen = {
      standing: new Map(standing.map((one) => [keyOf(one), one])),
      applied: this.#applied,
    }
    const steps = planSteps(wanted, seen, installation?.metadata.uid)
    await forEachAtOnce(steps.adopt, AT_ONCE, (one) => this.#adopt(one))
    this.#tellAll(installation, 'Adopted', steps.adopt, 'taken over')
    const apply = steps.apply.filter((one) => this.#isDue(one))
    await forEachAtOnce(apply, AT_ONCE, (one) => this.#apply(one, seen.standing.get(keyOf(one))))
    await forEachAtOnce(steps.remove, AT_ONCE, (one) => this.#remove(one))
    this.#tellAll(installation, 'Removed', steps.remove, 'not needed any more and removed')
  }

  #isDue(object: StandingObject): boolean {
    const key = keyOf(object)
    if (this.#applied.get(key)?.wanted !== digest(object)) return true
    const now = performance.now()
    const ms = waitMs(this.#mended.get(key), now)
    if (ms > 0) {
      this.#options.later(ms)
      return false
    }
    const last = mended(this.#mended.get(key), now)
    this.#mended.set(key, last)
    if (isContest(last)) {
      const line = { op: 'apply', object: key }
      this.#options.log.warn(line, 'somebody changes it again and again; mended more rarely now')
    }
    return true
  }

  record({ apiVersion, kind, metadata }: StandingObject, told: Omit<Told, 'involved'>): void {
    const { name, namespace = '', uid } = metadata
    const involved = { apiVersion, kind, name, namespace, ...(uid === undefined ? {} : { uid }) }
    this.#options.record({ involved, ...told })
  }

  async #adopt(object: StandingObject): Promise<void> {
    const from = formerManagers(object)
    const managedFields = takenOver(object)
    if (managedFields) {
      const request = { resource: resourceOfKind(object), object, managedFields }
      await naming('take over', object, () => writeManagedFields(this.#options.writing, request))
    }
    this.#options.log.info({ op: 'adopt', object: keyOf(object), from }, 'taken over')
  }

  async #apply(object: StandingObject, before: StandingObject | undefined): Promise<void> {
    const { writing, copies, log } = this.#options
    const request = { resource: resourceOfKind(object), object, manager: FIELD_MANAGER }
    const answer = await naming('apply', object, () => applyObject(writing, request))
    copies.wrote(answer)
    const stands = slimmed(answer) as StandingObject
    this.#applied.set(keyOf(object), { wanted: digest(object), stood: digest(stands) })
    const line = { op: 'apply', object: keyOf(object) }
    if (!before) log.info(line, 'made')
    else if (digest(before) !== digest(stands)) log.info(line, 'changed')
    else log.debug(line, 'as it should be')
  }

  async #remove(object: StandingObject): Promise<void> {
    const { writing, log } = this.#options
    const resource = resourceOfKind(object)
    await naming('remove', object, () => deleteObject(writing, { resource, object }))
    this.#applied.delete(keyOf(object))
    log.info({ op: 'remove', object: keyOf(object) }, 'not needed any more')
  }

  #tellAll(
    installation: StandingObject | undefined,
    reason: string,
    objects: readonly StandingObject[],
    what: string,
  ): void {
    if (!installation || objects.length === 0) return
    const names = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')
    this.record(installation, { type: 'Normal', reason, message: `${names}: ${what}` })
  }
}

async function naming<T>(verb: string, object: StandingObject, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new Error(`cannot ${verb} ${object.kind} ${object.metadata.name}`, { cause })
  }
}
