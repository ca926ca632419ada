/** Rewrites the golden timelines beside the shipped plans: `npm run golden`. */
import { readdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { loadPlan } from '../faults/plan-file.ts'
import { formatTimeline, timelineOf } from '../faults/timeline.ts'

const directory = fileURLToPath(new URL('../../faultplans', import.meta.url))
for (const name of readdirSync(directory).filter((file) => file.endsWith('.yaml'))) {
  const plan = loadPlan(join(directory, name))
  writeFileSync(
    join(directory, name.replace('.yaml', '.timeline.txt')),
    formatTimeline(plan, await timelineOf(plan, 24 * 3_600_000)),
  )
}
