/** `capstorm plan check|timeline`. */
import { formatDuration } from '../base/units.ts'
import { loadPlan } from '../faults/plan-file.ts'
import { formatTimeline, timelineOf } from '../faults/timeline.ts'

export function planCheck(file: string): void {
  const plan = loadPlan(file)
  process.stdout.write(
    `${file}: ok: plan ${plan.name} (${plan.hash}), ${plan.timeline.length} steps, ${plan.expect.length} expectations, faults of at most ${formatDuration(plan.safety.maxFaultDuration)}\n`,
  )
}

export async function planTimeline(
  file: string,
  options: { readonly horizon: number; readonly json: boolean },
): Promise<void> {
  const plan = loadPlan(file)
  const rows = await timelineOf(plan, options.horizon)
  process.stdout.write(options.json ? `${JSON.stringify(rows)}\n` : formatTimeline(plan, rows))
}
