import { describe, expect, it } from 'vitest'
import { SimClock } from '../base/sim-clock.ts'
import { PortPool } from './port-pool.ts'

describe('PortPool', () => {
  it('serves more clusters than it has ports, as long as they come and go', async () => {
    const clock = new SimClock()
    const pool = new PortPool(clock, 100, 109)
    for (let i = 0; i < 1_000; i++) {
      const port = pool.take()
      expect(port).toBeGreaterThanOrEqual(100)
      expect(port).toBeLessThanOrEqual(109)
      pool.release(port)
      await clock.advance(1_000)
    }
  })

  it('gives a released port a rest while there are others', async () => {
    const clock = new SimClock()
    const pool = new PortPool(clock, 100, 102)
    expect(pool.take()).toBe(100)
    pool.release(100)
    expect(pool.take()).toBe(101)
    await clock.advance(30_000)
    expect(pool.take()).toBe(100)
  })

  it('gives the wanted port where it is free, and says when there is none left', () => {
    const pool = new PortPool(new SimClock(), 100, 101)
    expect(pool.take(101)).toBe(101)
    expect(pool.take(101)).toBe(100)
    expect(() => pool.take()).toThrow('no free port between 100 and 101')
  })
})
