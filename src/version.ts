// Which Ferrule this is. Beside main.ts, for package.json stands one level above both, as source and as
// bundle.
import { readFileSync } from 'node:fs'

export function version(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
