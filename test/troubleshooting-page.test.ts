// The page that is read at three in the morning: whatever a command may give as the reason stands there
// word for word, so that it can be searched for.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANNOUNCE_REASONS, PEER_REASONS } from '../src/reconciler/announce-reasons.ts'
import { CONTROLLER_REASONS } from '../src/reconciler/reasons.ts'
import { find, read } from './support/source.ts'

const PAGE = 'docs/troubleshooting.md'
/** A line of prose may be broken anywhere. */
const WORDS = read(PAGE).replaceAll(/\s+/g, ' ')
/** No fault: where it is so, the page says it in the lines around. */
const EXPECTED = [ANNOUNCE_REASONS.otherHolder]

for (const [what, reasons] of Object.entries({
  'a Service has no address': CONTROLLER_REASONS,
  'a node does not announce it': ANNOUNCE_REASONS,
  'a peer does not hear of it': PEER_REASONS,
})) {
  test(`every reason why ${what} stands there`, () => {
    const missing = Object.values(reasons).filter(
      (sentence) => !WORDS.includes(sentence) && !EXPECTED.some((one) => one === sentence),
    )
    assert.deepEqual(missing, [])
  })
}

test('nothing stands there as a reason that nobody gives', () => {
  const known = [CONTROLLER_REASONS, ANNOUNCE_REASONS].flatMap((one) => Object.values<string>(one))
  const given = ['A Service has no address', 'It has an address, and no node'].flatMap(
    (heading) => {
      const section =
        read(PAGE)
          .split(/^## /m)
          .find((one) => one.startsWith(heading)) ?? ''
      const cells = [...section.matchAll(/^\| (?!it says|---)(.+?) \| /gm)]
      return cells.flatMap(([, cell = '']) => cell.split(' · '))
    },
  )
  assert.ok(given.length > 20, `only ${given.length} reasons were found`)
  assert.deepEqual(
    given.filter((sentence) => !known.includes(sentence)),
    [],
  )
})

test('every alert whose runbook it does not name has a symptom of its own elsewhere', () => {
  const alerts = find('docs/runbooks/Ferrule*.md').map((path) => path.slice('docs/'.length))
  const unnamed = alerts.filter((path) => !WORDS.includes(path))
  assert.deepEqual(unnamed, UNNAMED)
})

/** They begin with an alert, not with something that somebody sees. */
const UNNAMED = [
  'runbooks/FerruleDown.md',
  'runbooks/FerruleFRRChangedByHand.md',
  'runbooks/FerruleNodeWithoutSessions.md',
  'runbooks/FerruleRoutesNotAnnounced.md',
  'runbooks/FerruleServicesPending.md',
]
