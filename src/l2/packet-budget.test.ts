import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PacketBudget } from './packet-budget.ts'

test('no second sees more than the rate and one burst, whoever asks and whenever', () => {
  const gaps = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 50 })))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), gaps, (perSecond, asks) => {
      const budget = new PacketBudget(perSecond)
      const sent: { at: number; packets: number }[] = []
      let now = 0
      for (const [gapMs, packets] of asks) {
        now += gapMs
        budget.refill(now)
        if (budget.spend(packets)) sent.push({ at: now, packets })
      }
      const burst = Math.max(2, perSecond / 20)
      for (const { at: end } of sent) {
        const inSecond = sent.filter(({ at }) => at > end - 1000 && at <= end)
        const packets = inSecond.reduce((sum, one) => sum + one.packets, 0)
        assert.ok(packets <= perSecond + burst + 1e-6, `${packets} packets until ${end}`)
      }
    }),
  )
})

test('waiting until it is ready is enough for an announcement', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 1e5, noNaN: true }), (perSecond) => {
      const budget = new PacketBudget(perSecond)
      budget.refill(0)
      while (budget.spend(2));
      const at = budget.readyAt(0)
      assert.ok(at > 0)
      budget.refill(at)
      assert.ok(budget.spend(2))
    }),
  )
})

test('a clock that jumps gives no more than a burst', () => {
  const budget = new PacketBudget(1000)
  const spent = () => {
    let packets = 0
    while (budget.spend(1)) packets += 1
    return packets
  }
  const counts = [0, 1e9, 5, 6].map((now) => {
    budget.refill(now)
    return spent()
  })
  assert.deepEqual(counts, [50, 50, 0, 1])
})

test('a budget of nothing is a mistake', () => {
  assert.throws(() => new PacketBudget(0), /0 packets per second/)
})
