// What the speaker says of a Service: MetalLB's log events and Kubernetes' events with MetalLB's reasons,
// and of ours the one about another machine that answers for an address. At transitions only.
import { involvedOf, type Told } from '../kube/event-book.ts'
import type { L2Conflict } from '../l2/responder.ts'
import type { Log } from '../log.ts'
import { ANNOUNCE_REASONS } from '../reconciler/announce-reasons.ts'
import { type AnnouncementChange, changesBetween } from '../reconciler/announcement-changes.ts'
import type { ServiceAnnouncement } from '../reconciler/announcements.ts'
import type { World } from '../reconciler/world.ts'

type Services = Pick<World, 'services'>

export interface SpeakerNewsOptions {
  readonly node: string
  readonly log: Log
  readonly record?: (told: Told) => void
}

export class SpeakerNews {
  readonly #options: SpeakerNewsOptions

  constructor(options: SpeakerNewsOptions) {
    this.#options = options
  }

  tellChanges(
    before: readonly ServiceAnnouncement[],
    after: readonly ServiceAnnouncement[],
    world: Services,
  ): void {
    for (const change of changesBetween(before, after)) this.#tell(change, world)
  }

  #tell(change: AnnouncementChange, world: Services): void {
    const { log } = this.#options
    const { key: service, protocol, addresses: ips } = change
    const about = { service, ips, protocol }
    switch (change.kind) {
      case 'announced':
        log.info(
          { event: 'serviceAnnounced', ...about, pool: change.pool },
          'service has IP, announcing',
        )
        return
      case 'withdrawn':
        log.info(
          { event: 'serviceWithdrawn', ...about, reason: change.reason },
          'withdrawing service announcement',
        )
        return
      case 'failed':
        log.warn({ event: 'announceFailed', ...about }, ANNOUNCE_REASONS[change.because])
        // The other one every node finds, and an event of each would be one too many.
        if (change.because === 'noInterface') this.#warnOfInterfaces(change, world)
    }
  }

  #warnOfInterfaces({ key, addresses, protocol }: AnnouncementChange, world: Services): void {
    for (const ip of addresses) {
      const message = `the interfaces specified by LB IP "${ip}" doesn't exist in assigned node "${this.#options.node}" with protocol "${protocol}"`
      this.#warn(key, 'announceFailed', message, world)
    }
  }

  /** To the users of an address that this node still answers for; the log is the responder's. */
  tellConflicts(
    conflicts: readonly L2Conflict[],
    services: readonly ServiceAnnouncement[],
    world: Services,
  ): void {
    if (conflicts.length === 0) return
    for (const { address, interface: link, mac } of conflicts) {
      const message = `another machine (${mac}) answers for "${address}" on interface "${link}" of node "${this.#options.node}" with protocol "layer2"`
      const holders = services.filter(
        ({ l2 }) => l2?.announce && l2.addresses.some(({ text }) => text === address),
      )
      for (const { key } of holders) this.#warn(key, 'addressConflict', message, world)
    }
  }

  #warn(key: string, reason: string, message: string, world: Services): void {
    const service = world.services.get(key)
    if (!service) return
    this.#options.record?.({ involved: involvedOf(service), type: 'Warning', reason, message })
  }
}
