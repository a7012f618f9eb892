// A role that acts only while it leads. It is shown every world meanwhile, so that it can take over
// without reading anything first.
import type { World } from '../reconciler/world.ts'
import type { Leadership } from './open-source.ts'
import type { Role } from './role.ts'

export function ledBy(leadership: Leadership, role: Role): Role {
  return {
    name: role.name,
    pass: async (world: World) => {
      if (leadership.isLeading) await role.pass(world)
    },
    plan: () => role.plan(),
    problems: () => role.problems?.() ?? [],
    status: () => {
      const status = role.status?.()
      return status?.kind === 'controller' ? { ...status, isLeading: leadership.isLeading } : status
    },
    onChange: (dirty) => {
      role.onChange?.(dirty)
      leadership.onChange(dirty)
    },
    finish: async () => await role.finish?.(),
  }
}
