// The world as it will be once the controller's writes are done: for those who want to see the
// whole chain at once (cases, `render`, `plan`, `explain`) without a controller running.
import { ALLOCATED_FROM_POOL } from '../api/annotations.ts'
import type { Service } from '../api/core.ts'
import type { ControllerPlan } from './controller.ts'
import type { StatusWrite } from './status-write.ts'
import type { World } from './world.ts'

export function settled<W extends World>(world: W, { writes }: Pick<ControllerPlan, 'writes'>): W {
  if (writes.length === 0) return world
  const services = new Map(world.services)
  for (const write of writes) {
    const service = services.get(write.key)
    if (service) services.set(write.key, withWrite(service, write))
  }
  return { ...world, services }
}

function withWrite(service: Service, { ingress, annotation }: StatusWrite): Service {
  const { [ALLOCATED_FROM_POOL]: _before, ...others } = service.metadata.annotations
  const annotations =
    annotation === null ? others : { ...others, [ALLOCATED_FROM_POOL]: annotation }
  return {
    ...service,
    metadata: { ...service.metadata, annotations },
    status: {
      ...service.status,
      loadBalancer: { ...service.status.loadBalancer, ingress: [...ingress] },
    },
  }
}
