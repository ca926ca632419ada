import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rfc3339, rfc3339Micro, sleep } from './clock.ts'
import { keyedRandom } from './random.ts'
import { SimClock } from './sim-clock.ts'
import { TimerHeap } from './timer-heap.ts'
import { formatDuration, parseDuration, parseFraction } from './units.ts'
import { nearest } from './usage-error.ts'

describe('SimClock', () => {
  it('runs timers in order of time, then of creation, and only when time is moved', async () => {
    const clock = new SimClock()
    const seen: string[] = []
    clock.after(20, () => seen.push('c'))
    clock.after(10, () => seen.push('a'))
    clock.after(10, () => seen.push('b'))
    await clock.advance(9)
    expect(seen).toEqual([])
    await clock.advance(11)
    expect(seen).toEqual(['a', 'b', 'c'])
    expect(clock.now()).toBe(20)
  })

  it('lets chains of promises settle between two timers', async () => {
    const clock = new SimClock()
    const seen: string[] = []
    clock.after(1, () => void Promise.resolve().then(async () => (await Promise.resolve(), seen.push('promise'))))
    clock.after(1.5, () => seen.push('timer'))
    await clock.advance(2)
    expect(seen).toEqual(['promise', 'timer'])
  })

  it('says that simulated time stands still rather than hanging', async () => {
    await expect(new SimClock().run(new Promise(() => {}))).rejects.toThrow('stands still')
  })

  it('wakes sleepers early when they are aborted, and leaves no timer', async () => {
    const clock = new SimClock()
    const stop = new AbortController()
    const sleeping = sleep(clock, 1000, stop.signal)
    stop.abort(new Error('enough'))
    await expect(sleeping).rejects.toThrow('enough')
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow('stands still')
  })
})

describe('timestamps', () => {
  it('are cut, never rounded up, and agree with Date whatever was asked before', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_102_444_800_000 }), { minLength: 1 }), (times) => {
        for (const ms of times) {
          expect(rfc3339(ms)).toBe(`${new Date(ms).toISOString().slice(0, 19)}Z`)
          expect(rfc3339Micro(ms)).toBe(new Date(ms).toISOString().replace('Z', '000Z'))
        }
      }),
    )
    expect(rfc3339Micro(1_999.9996)).toBe('1970-01-01T00:00:01.999999Z')
  })
})

describe('TimerHeap', () => {
  it('gives entries back in order whatever is added and removed', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100), fc.boolean())), (operations) => {
        const heap = new TimerHeap()
        const kept: { at: number; order: number }[] = []
        for (const [at, remove] of operations) {
          const entry = heap.add(at, () => {})
          if (remove) heap.remove(entry)
          else kept.push(entry)
        }
        const popped: typeof kept = []
        for (let next = heap.peek(); next !== undefined; next = heap.peek()) {
          heap.remove(next)
          popped.push(next)
        }
        expect(popped).toEqual([...kept].sort((a, b) => a.at - b.at || a.order - b.order))
      }),
    )
  })
})

describe('keyedRandom', () => {
  it('gives the same draw for the same seed and key, whatever was drawn before', () => {
    const [a, b] = [keyedRandom(7), keyedRandom(7)]
    b.draw('something', 'else')
    expect(a.draw('rule', 'client', 3)).toBe(b.draw('rule', 'client', 3))
    expect(a.draw('rule', 'client', 3)).not.toBe(keyedRandom(8).draw('rule', 'client', 3))
    expect(a.draw('a', 'bc')).not.toBe(a.draw('ab', 'c'))
  })

  it('is uniform enough: 5 % of keys fall below 0.05', () => {
    const random = keyedRandom(1)
    let below = 0
    for (let i = 0; i < 20_000; i++) if (random.draw('fault', 'unit', i) < 0.05) below++
    expect(below / 20_000).toBeGreaterThan(0.045)
    expect(below / 20_000).toBeLessThan(0.055)
  })

  it('makes version 4 UUIDs and safe suffixes', () => {
    expect(keyedRandom(1).uuid('x')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(keyedRandom(1).suffix(5, 'x')).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5}$/)
  })
})

describe('units', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['2h', 7_200_000],
    ['1.5s', 1500],
    ['0', 0],
  ])('reads %s as %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

  it.each(['', '5', '-5s', 's', '5 s', '5sec', '1m 30s'])('refuses %j as a duration', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  )

  it('writes durations that read back as themselves', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000), (tenths) => {
        const ms = tenths * 100
        expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 3)
      }),
    )
  })

  it.each([
    ['20%', 0.2],
    [0.5, 0.5],
    [1, 1],
  ])('reads %s as a fraction', (value, fraction) => expect(parseFraction(value)).toBe(fraction))

  it.each(['20', '120%', 1.5, -0.1])('refuses %s as a fraction', (value) =>
    expect(parseFraction(value)).toBeUndefined(),
  )

  it('suggests the nearest name, and none when nothing is near', () => {
    expect(nearest('latecy', ['latency', 'conn.reset'])).toBe('latency')
    expect(nearest('zzzzzzzz', ['latency'])).toBeUndefined()
  })
})
