// test/install: values of the chart, and the changes that each makes to what is installed.
import { basename, join } from 'node:path'
import { parse } from 'yaml'
import { Settings } from '../../src/operator/settings.ts'
import { find, ROOT, read } from './source.ts'

export interface InstallCase {
  readonly name: string
  /** Of the values, for Helm. */
  readonly path: string
  readonly settings: Settings
  /** From the root of the project; written anew with UPDATE=1. */
  readonly golden: string
}

export const installCases = (): InstallCase[] =>
  find('test/install/*.values.yaml').map((path) => ({
    name: basename(path, '.values.yaml'),
    path: join(ROOT, path),
    settings: Settings.parse(parse(read(path))),
    golden: path.replace('.values.yaml', '.changes.txt'),
  }))
