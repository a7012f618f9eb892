// Reads the templates of frr.conf from the installation, once, when first needed.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileFrrConf, type RenderFrrConf } from '../render/frr-conf.ts'

let compiled: RenderFrrConf | undefined

export const renderFrrConf: RenderFrrConf = (model, numbers) => {
  compiled ??= compileFrrConf(readTemplates())
  return compiled(model, numbers)
}

function readTemplates() {
  const dir = findTemplates()
  const partialsDir = join(dir, 'partials')
  const partials = readdirSync(partialsDir).map((file): [string, string] => [
    file.replace(/\.hbs$/, ''),
    readFileSync(join(partialsDir, file), 'utf8'),
  ])
  return { main: readFileSync(join(dir, 'frr.conf.hbs'), 'utf8'), partials: new Map(partials) }
}

/** Beside `src/` in a checkout, beside `dist/` in a package. */
function findTemplates(): string {
  const candidates = ['../../templates', '../templates'].map((path) =>
    join(import.meta.dirname, path),
  )
  const found = candidates.find((dir) => existsSync(join(dir, 'frr.conf.hbs')))
  if (!found) throw new Error(`the templates are missing; looked in ${candidates.join(' and ')}`)
  return found
}
