import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loadPlan } from '../src/faults/plan-file.ts'
import { formatTimeline, timelineOf } from '../src/faults/timeline.ts'

const plans = readdirSync('faultplans').filter((name) => name.endsWith('.yaml'))

it.each(plans)('%s does what its golden timeline says (npm run golden rewrites it)', async (name) => {
  const plan = loadPlan(join('faultplans', name))
  const text = formatTimeline(plan, await timelineOf(plan, 24 * 3_600_000))
  expect(text).toBe(readFileSync(join('faultplans', name.replace('.yaml', '.timeline.txt')), 'utf8'))
})
