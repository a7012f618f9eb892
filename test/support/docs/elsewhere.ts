// Commands of our pages that need more than one tier of tests can give (a kubelet, an engine for containers,
// this machine), and the test that runs them. docs.test.ts fails when an entry fits no command any more,
// or its test no longer says the words it is known by.
import type { Typed } from './console.ts'

export interface Elsewhere {
  readonly lines: RegExp
  readonly page?: string
  /** Path of the test. */
  readonly test: string
  /** What stands in that test as long as it runs them. */
  readonly says: string
}

export const ELSEWHERE: readonly Elsewhere[] = [
  {
    lines: /^(?:kubectl|ferrule) /,
    page: 'docs/install.md',
    test: 'test/containerlab/install.test.ts',
    says: "const PAGE = 'docs/install.md'",
  },
  {
    lines: /^(?:kubectl|ferrule) /,
    page: 'docs/from-metallb.md',
    test: 'test/kube/migration.test.ts',
    says: "const PAGE = 'docs/from-metallb.md'",
  },
  {
    lines: /^(?:kubectl|helm) /,
    page: 'docs/helm.md',
    test: 'test/kube/install.test.ts',
    says: "const PAGE = 'docs/helm.md'",
  },
  {
    lines: /^(?:npx ferrule images|docker (?:build|load))\b/,
    page: 'docs/images.md',
    test: 'test/containerlab/images.test.ts',
    says: 'ensureImages(docker',
  },
]

export const elsewhereOf = ({ page, text }: Pick<Typed, 'page' | 'text'>): Elsewhere | undefined =>
  ELSEWHERE.find((one) => one.lines.test(text) && (one.page === undefined || one.page === page))
