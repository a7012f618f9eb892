import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Condition } from '../api/condition.ts'
import { conditionsOf, judge, transitionOf, type Verdict } from './conditions.ts'
import type { Rollout } from './rollout.ts'

const NOW = '2026-01-01T00:00:00Z'
const LATER = '2026-01-01T00:01:00Z'
const at = (now: string, generation = 1) => ({ now, generation })
const shown = (list: readonly Condition[]) =>
  list.map(({ type, status, reason }) => `${type}=${status} ${reason}`).join(', ')

const ready: Rollout = {
  isReady: true,
  sentence: 'Deployment controller: 2 of 2 ready',
  troubles: [],
}
const late: Rollout = { isReady: false, sentence: 'DaemonSet speaker: 1 of 3 ready', troubles: [] }
const broken: Rollout = { ...late, troubles: ['Pod speaker-a on n1: container frr: ErrImagePull'] }

for (const [name, rollouts, notes, kind, message] of [
  ['all ready', [ready, ready], [], 'ready', `${ready.sentence}; ${ready.sentence}`],
  [
    'ready, and some of it without effect',
    [ready],
    ['image (…)', 'bgpBackend native (…)'],
    'ready',
    `${ready.sentence}. Without effect here: image (…); bgpBackend native (…)`,
  ],
  ['one late', [ready, late], ['image (…)'], 'rolling', late.sentence],
  [
    'one stuck: why, and how far the others are',
    [ready, broken],
    [],
    'stuck',
    `${broken.troubles[0]}; ${ready.sentence}; ${late.sentence}`,
  ],
] as const) {
  test(`judging: ${name}`, () => {
    assert.deepEqual(judge(rollouts, notes), { kind, message })
  })
}

for (const [verdict, expected] of [
  [
    { kind: 'ready', message: 'a' },
    'Available=True AllReady, Upgradeable=True AllReady, Progressing=False AllReady, Degraded=False AllReady',
  ],
  [
    { kind: 'rolling', message: 'a' },
    'Available=False RollingOut, Upgradeable=False RollingOut, Progressing=True RollingOut, Degraded=False RollingOut',
  ],
  [
    { kind: 'stuck', message: 'a' },
    'Available=False PodsFailing, Upgradeable=False PodsFailing, Progressing=True RollingOut, Degraded=True PodsFailing',
  ],
  [
    { kind: 'failed', reason: 'IncorrectMetalLBResourceName', message: 'a' },
    'Available=False IncorrectMetalLBResourceName, Upgradeable=False IncorrectMetalLBResourceName, Progressing=False IncorrectMetalLBResourceName, Degraded=True IncorrectMetalLBResourceName',
  ],
] as const) {
  test(`conditions: ${verdict.kind}`, () => {
    assert.equal(shown(conditionsOf(verdict, [], at(NOW))), expected)
  })
}

test('what somebody else says of the object stays', () => {
  const foreign = {
    ...conditionsOf({ kind: 'ready', message: '' }, [], at(NOW))[0]!,
    type: 'Theirs',
  }
  const after = conditionsOf({ kind: 'rolling', message: '' }, [foreign], at(LATER))
  assert.deepEqual(after[4], foreign)
  assert.equal(after.length, 5)
})

const verdicts: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record({
    kind: fc.constant('failed' as const),
    reason: fc.constantFrom(
      'IncorrectMetalLBResourceName' as const,
      ...(['InvalidSpec', 'BGPBackendNotServed', 'NotApplied'] as const),
    ),
    message: fc.string({ maxLength: 40_000 }),
  }),
  fc.record({
    kind: fc.constantFrom('stuck' as const, 'rolling' as const, 'ready' as const),
    message: fc.string(),
  }),
)

test('whatever happened, the API server takes the conditions, and the same again is no change', () => {
  fc.assert(
    fc.property(fc.array(verdicts, { minLength: 1, maxLength: 5 }), (story) => {
      let stood: Condition[] = []
      for (const [index, verdict] of story.entries()) {
        const now = `2026-01-01T00:00:0${index}Z`
        const next = conditionsOf(verdict, stood, at(now))
        for (const one of next) {
          assert.equal(Condition.safeParse(one).error, undefined)
          const before = stood.find(({ type }) => type === one.type)
          const expected = before?.status === one.status ? before.lastTransitionTime : now
          assert.equal(one.lastTransitionTime, expected)
        }
        assert.deepEqual(conditionsOf(verdict, next, at(LATER)), next)
        stood = next
      }
    }),
  )
})

for (const [name, from, to, expected] of [
  ['the first look', undefined, { kind: 'rolling', message: 'a' }, 'Progressing'],
  ['done', { kind: 'rolling', message: 'a' }, { kind: 'ready', message: 'b' }, 'Available'],
  [
    'stuck on the way',
    { kind: 'rolling', message: 'a' },
    { kind: 'stuck', message: 'b' },
    'Degraded',
  ],
  ['mended', { kind: 'stuck', message: 'a' }, { kind: 'rolling', message: 'b' }, undefined],
  [
    'another number',
    { kind: 'rolling', message: 'a' },
    { kind: 'rolling', message: 'b' },
    undefined,
  ],
  [
    'another failure',
    { kind: 'failed', reason: 'NotApplied', message: 'a' },
    { kind: 'failed', reason: 'InvalidSpec', message: 'b' },
    'Degraded',
  ],
] as const) {
  test(`told of: ${name}`, () => {
    const before = from ? conditionsOf(from, [], at(NOW)) : []
    const after = conditionsOf(to, before, at(LATER))
    assert.equal(transitionOf(before, after)?.type, expected)
  })
}
