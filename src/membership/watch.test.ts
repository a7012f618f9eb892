import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alive, Member, nameOf } from '../../test/support/member.ts'
import { chooseWatched, openDetector, WATCHED_MAX } from './watch.ts'

function watchedBy(size: number, n: number): string[] {
  const member = new Member(0, { name: nameOf(n) })
  for (let other = 1; other <= size; other++) if (other !== n) member.hear(other, alive(other))
  const detector = openDetector()
  chooseWatched(member.ring, detector)
  return detector.watched.map(({ name }) => name)
}

for (const size of [2, 3, 7, 8, 50, 120])
  test(`in a ring of ${size} each watches, and is watched by, ${Math.min(size - 1, WATCHED_MAX)}`, () => {
    const expected = Math.min(size - 1, WATCHED_MAX)
    const watchers = new Map<string, number>()
    for (let n = 1; n <= size; n++) {
      const watched = watchedBy(size, n)
      assert.equal(new Set(watched).size, expected)
      assert.ok(!watched.includes(nameOf(n)))
      for (const name of watched) watchers.set(name, (watchers.get(name) ?? 0) + 1)
    }
    assert.equal(watchers.size, size)
    for (const count of watchers.values()) assert.equal(count, expected)
  })

test('names side by side are not watched side by side', () => {
  // By name alone n50 would watch n51 to n56 or what sorts next: one rack.
  const near = watchedBy(120, 50).filter((name) => /^n(?:5\d|4\d)$/.test(name))
  assert.ok(near.length <= 2, near.join())
})

test('what is known of a peer stays when others come', () => {
  const member = new Member(3)
  const detector = openDetector()
  chooseWatched(member.ring, detector)
  detector.watched[0]!.misses = 2
  const before = detector.watched[0]
  member.hear(4, alive(4))
  chooseWatched(member.ring, detector)
  assert.equal(detector.watched.length, 3)
  assert.ok(detector.watched.includes(before!))
})
