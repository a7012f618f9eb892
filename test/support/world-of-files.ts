// A folder of YAML as one World, read once: for cases, which need no watching.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseObject } from '../../src/config/parse.ts'
import { type Problem, problemAt } from '../../src/config/problem.ts'
import { readYamlFile } from '../../src/kube/yaml-file.ts'
import type { World } from '../../src/reconciler/world.ts'
import { type Given, NAMESPACE, world } from './build.ts'

/** The objects of all `*.yaml` files in the given folders, but for `case.yaml` and `peers.yaml`. */
export function worldOfFiles(...dirs: string[]): World {
  return world(dirs.flatMap((dir) => yamlFilesIn(dir)).flatMap(givenIn))
}

function yamlFilesIn(dir: string): string[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.yaml') && file !== 'case.yaml' && file !== 'peers.yaml')
    .sort()
    .map((file) => join(dir, file))
}

function givenIn(path: string): Given[] {
  const { entries, problems } = readYamlFile(readFileSync(path, 'utf8'), NAMESPACE)
  const file = { kind: 'File', namespace: '', name: path }
  return [
    ...problems.map((one): Problem => problemAt(file, `line ${one.line}`, one.code, one.message)),
    ...[...entries.values()].flatMap(({ raw }): readonly Given[] => {
      const parsed = parseObject(raw, NAMESPACE)
      return 'object' in parsed ? [parsed.object] : parsed.problems
    }),
  ]
}
