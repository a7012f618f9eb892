// A folder of objects for one test, gone when the test is over.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface TemporaryFolder extends Disposable {
  readonly dir: string
  /** Creates the directories on the way. */
  write(name: string, text: string): void
  remove(name: string): void
  path(name: string): string
}

export function temporaryFolder(files: Readonly<Record<string, string>> = {}): TemporaryFolder {
  const dir = mkdtempSync(join(tmpdir(), 'ferrule-test-'))
  const path = (name: string) => join(dir, name)
  const write = (name: string, text: string) => {
    mkdirSync(dirname(path(name)), { recursive: true })
    writeFileSync(path(name), text)
  }
  for (const [name, text] of Object.entries(files)) write(name, text)
  return {
    dir,
    path,
    write,
    remove: (name) => rmSync(path(name), { recursive: true }),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** A Service as people write it. */
export const serviceYaml = (name: string, more = ''): string => `---
apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.1
  ports:
    - port: 80
${more}`
