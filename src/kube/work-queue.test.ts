import { describe, expect, it } from 'vitest'
import { SimClock } from '../base/sim-clock.ts'
import { WorkQueue, type ReconcileResult } from './work-queue.ts'

function queueWith(
  reconcile: (key: string) => Promise<ReconcileResult | void>,
  gate = 100,
): { queue: WorkQueue; clock: SimClock } {
  const clock = new SimClock()
  return { clock, queue: new WorkQueue({ name: 'test', clock, concurrency: 2, gate, reconcile }) }
}

describe('WorkQueue', () => {
  it('works on a key once however often it is added, and again if it is added meanwhile', async () => {
    const seen: number[] = []
    const { queue, clock } = queueWith(async () => {
      seen.push(clock.now())
      if (seen.length === 1) queue.add('a')
    })
    queue.add('a')
    queue.add('a')
    await clock.advance(1000)
    expect(seen).toEqual([0, 100])
  })

  it('backs off after errors: 5 ms, doubled each time, on top of the gate', async () => {
    const seen: number[] = []
    const { queue, clock } = queueWith(async () => {
      seen.push(clock.now())
      throw new Error('no')
    })
    queue.add('a')
    await clock.advance(500)
    expect(seen).toEqual([0, 105, 215, 335, 475])
  })

  it('honours requeueAfter, and an earlier event before it', async () => {
    const seen: number[] = []
    const { queue, clock } = queueWith(async () => {
      seen.push(clock.now())
      return { requeueAfter: 1000 }
    })
    queue.add('a')
    await clock.advance(500)
    queue.add('a')
    await clock.advance(1600)
    expect(seen).toEqual([0, 500, 1500])
  })

  it('waits for work under way when it closes, and does no more', async () => {
    let finished = false
    const { queue, clock } = queueWith(
      () =>
        new Promise((resolve) =>
          clock.after(50, () => {
            finished = true
            resolve()
          }),
        ),
    )
    queue.add('a')
    const closing = queue.close()
    await clock.advance(60)
    await closing
    queue.add('b')
    expect(finished).toBe(true)
    expect(queue.depth).toBe(0)
  })
})
