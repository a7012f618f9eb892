// Where objects come from and statuses go, whatever it is: the Kubernetes API, or a folder of YAML.
// Nothing behind this interface knows which of the two it was.
import type { Ingress } from '../api/core.ts'
import type { AnyObject } from '../api/kinds.ts'
import type { ObjectRef, Problem } from '../config/problem.ts'
import type { Taken } from './rivals.ts'

/** One object that appeared, changed, became unreadable, or went. */
export interface Change {
  readonly ref: ObjectRef
  /** Absent when it is gone, or when it was refused. */
  readonly object?: AnyObject
  /** Why the schema refuses it. */
  readonly problems?: readonly Problem[]
}

export interface ServiceWrite {
  /** `namespace/name` */
  readonly key: string
  readonly ingress: readonly Ingress[]
  /** Annotations to set; null takes one away. Others stay as they are. */
  readonly annotations: Readonly<Record<string, string | null>>
}

/** A status object of ours, as written: a ServiceBGPStatus, a ConfigurationState. */
export interface StatusObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels?: Readonly<Record<string, string>>
  }
  readonly status: unknown
}

/** The status of an IPAddressPool; a pool may be larger than a number can count. */
export interface PoolCounters {
  readonly assignedIPv4: bigint
  readonly assignedIPv6: bigint
  readonly availableIPv4: bigint
  readonly availableIPv6: bigint
}

export interface Source extends AsyncDisposable {
  /** When all there is can be taken for the first time; before that, nothing may be. */
  readonly ready: Promise<void>
  /** Called when there is something to take. Any number of changes may be one call. */
  onChange(dirty: () => void): void
  /**
   * What is different since the last call; at the first, everything there is. The latest state of an
   * object counts, once. Our own writes are among them as soon as their promise has resolved, so a
   * pass never plans on a world in which its predecessor's writes have not happened.
   */
  takeChanges(): Change[]
  /** What is wrong with the source itself: a file that is no YAML, an object in two files. */
  problems(): readonly Problem[]
  /** Why the objects cannot be had at the moment; what was known stays. A folder is never away. */
  away?(): string | undefined
  /** Each write touches the world only when something is different from what stands there. */
  writeServiceStatuses(writes: readonly ServiceWrite[]): Promise<void>
  writePoolStatus(name: string, counters: PoolCounters): Promise<void>
  /**
   * Status objects of this kind that carry these labels are exactly these, afterwards. The very same
   * object as last time costs nothing.
   */
  writeStatusObjects(
    kind: string,
    labels: Readonly<Record<string, string>>,
    wanted: readonly StatusObject[],
  ): Promise<void>
  /**
   * Once: removes status objects of this kind by which another node claims Services that this one has
   * taken over. The other may be dead, and then nobody else does.
   */
  removeRivals(kind: string, taken: Taken): Promise<void>
  /** Removes what we wrote beside objects that are gone. */
  removeOrphans(): Promise<void>
}
