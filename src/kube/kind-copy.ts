// Our copy of one kind: parsed once per version, and what of it a pass has not seen yet. Versions that
// say nothing new to us are no change. Pure.
import type { AnyObject, RawObject } from '../api/kinds.ts'
import { parseObject, refOf } from '../config/parse.ts'
import type { ObjectRef } from '../config/problem.ts'
import type { ListedObject } from './reflect.ts'
import type { Resource } from './resources.ts'
import { signatureOf, slim } from './slim.ts'
import type { Change } from './source.ts'
import { Store } from './store.ts'

export interface Held {
  readonly change: Change
  readonly signature: string
}

export class KindCopy {
  readonly resource: Resource
  readonly #namespace: string
  readonly #isWanted: (change: Change) => boolean
  readonly #store = new Store<Held>()
  readonly #pending = new Map<string, Change>()
  /** Keys that were told to somebody. */
  readonly #taken = new Set<string>()

  /**
   * `namespace` is ours: the default of objects that name none. What is not wanted when it changes is
   * kept, but not told.
   */
  constructor(
    resource: Resource,
    namespace: string,
    isWanted: (change: Change) => boolean = () => true,
  ) {
    this.resource = resource
    this.#namespace = namespace
    this.#isWanted = isWanted
  }

  get hasPending(): boolean {
    return this.#pending.size > 0
  }

  /** The latest version, told or not. */
  object(key: string): AnyObject | undefined {
    return this.#store.get(key)?.change.object
  }

  /** Whether a pass has seen the latest version. */
  isTaken(key: string): boolean {
    return this.#taken.has(key) && !this.#pending.has(key)
  }

  put(listed: ListedObject): Change | undefined {
    return this.#accept(listed, (key, version) => this.#store.isNews(key, version), 'put')
  }

  /** The answer to a write of ours. */
  wrote(written: RawObject): Change | undefined {
    return this.#accept(written, () => true, 'wrote')
  }

  /** Returns what it was last. */
  remove(object: ListedObject): Change | undefined {
    const key = keyIn(this.#refOf(object))
    const held = this.#store.remove(key, object.metadata.resourceVersion)
    return held && this.#gone(key, held)
  }

  begin(): void {
    this.#store.begin()
  }

  /** Returns what each that is gone was last. */
  sweep(): Change[] {
    return this.#store.sweep().map(([key, held]) => this.#gone(key, held))
  }

  /** Tells an object again: what it means may have changed with another one. */
  retell(key: string): void {
    const held = this.#store.get(key)
    if (held) this.#pending.set(key, held.change)
  }

  /** What is to be told, once. */
  take(): Change[] {
    const taken = [...this.#pending.values()]
    for (const [key, { object, problems }] of this.#pending) {
      if (object || problems) this.#taken.add(key)
      else this.#taken.delete(key)
    }
    this.#pending.clear()
    return taken
  }

  #accept(
    object: ListedObject,
    isNews: (key: string, version: string) => boolean,
    how: 'put' | 'wrote',
  ): Change | undefined {
    const { apiVersion, kind } = this.resource
    // The items of a list of a core kind do not say what they are.
    const whole = slim({ ...object, apiVersion, kind })
    const ref = this.#refOf(whole)
    const key = keyIn(ref)
    const version = object.metadata.resourceVersion ?? ''
    if (!isNews(key, version)) return undefined
    const before = this.#store.get(key)
    const change = { ref, ...parseObject(whole, this.#namespace) }
    const signature = signatureOf(whole)
    this.#store[how](key, version, { change, signature })
    if (this.#store.get(key)?.change !== change || before?.signature === signature) return undefined
    if (this.#isWanted(change)) this.#pending.set(key, change)
    return change
  }

  #gone(key: string, { change }: Held): Change {
    // Nobody has to be told of the end of what nobody was told of.
    if (this.#taken.has(key)) this.#pending.set(key, { ref: change.ref })
    else this.#pending.delete(key)
    return change
  }

  #refOf({ metadata }: Pick<RawObject, 'metadata'>): ObjectRef {
    const { apiVersion, kind } = this.resource
    return refOf({ apiVersion, kind, metadata } as RawObject, this.#namespace)
  }
}

/** `namespace/name`, or the name of what has no namespace. */
export const keyIn = ({ namespace, name }: ObjectRef): string =>
  namespace === '' ? name : `${namespace}/${name}`
