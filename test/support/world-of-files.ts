// A folder of YAML as one World, read once: for cases, which need no watching. And the objects of one text.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseObject } from '../../src/config/parse.ts'
import { type Problem, problemAt } from '../../src/config/problem.ts'
import { readYamlFile } from '../../src/kube/yaml-file.ts'
import type { World } from '../../src/reconciler/world.ts'
import { type Given, NAMESPACE, world } from './build.ts'

/** The objects of all `*.yaml` files in the given folders, but for `case.yaml` and `peers.yaml`. */
export function worldOfFiles(...dirs: string[]): World {
  return world(dirs.flatMap((dir) => yamlFilesIn(dir)).flatMap(givenInFile))
}

function yamlFilesIn(dir: string): string[] {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.yaml') && file !== 'case.yaml' && file !== 'peers.yaml')
    .sort()
    .map((file) => join(dir, file))
}

const givenInFile = (path: string): Given[] => givenIn(readFileSync(path, 'utf8'), path)

/** Objects, and what is wrong with those that are none; `name` is what the text is called. */
export function givenIn(text: string, name: string): Given[] {
  const { entries, problems } = readYamlFile(text, NAMESPACE)
  const file = { kind: 'File', namespace: '', name }
  return [
    ...problems.map((one): Problem => problemAt(file, `line ${one.line}`, one.code, one.message)),
    ...[...entries.values()].flatMap(({ raw }): readonly Given[] => {
      const parsed = parseObject(raw, NAMESPACE)
      return 'object' in parsed ? [parsed.object] : parsed.problems
    }),
  ]
}
