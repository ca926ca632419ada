/** What a plan will do when: its own runner, under simulated time, with nobody there to be hurt. */
import { keyedRandom } from '../base/random.ts'
import { SimClock } from '../base/sim-clock.ts'
import { formatDuration } from '../base/units.ts'
import { probeName } from './probe.ts'
import type { FaultPlan, TargetSelector } from './plan.ts'
import { PlanRunner } from './runner.ts'

export interface TimelineRow {
  readonly at: number
  readonly what: string
  readonly detail: string
}

export async function timelineOf(plan: FaultPlan, horizon: number): Promise<readonly TimelineRow[]> {
  const clock = new SimClock()
  const random = keyedRandom(plan.seed === 'random' ? 0 : plan.seed)
  const rows: TimelineRow[] = []
  const add = (what: string, detail: string): void => void rows.push({ at: clock.now(), what, detail })
  const runner = new PlanRunner({
    plan,
    clock,
    random,
    horizon,
    cycle: 0,
    injector: {
      inject(fault, { fault: place }) {
        const extras = [
          describeTarget(plan, fault.target),
          fault.match === undefined ? '' : `match ${compact(fault.match)}`,
          fault.sample === undefined ? '' : `sample ${compact(fault.sample)}`,
        ]
        add(`+ ${fault.kind}`, [compact(fault.spec), ...extras, place].filter((part) => part !== '').join('  '))
        return { renew() {}, heal: () => add(`- ${fault.kind}`, place) }
      },
      async probe(probe) {
        add('? waitFor', probeName(probe))
        return 'true'
      },
      trigger() {},
      mark: (label) => add('# mark', label),
      healAll: () => add('= heal', 'everything'),
    },
  })
  await clock.run(runner.run(new AbortController().signal))
  return rows
}

export function formatTimeline(plan: FaultPlan, rows: readonly TimelineRow[]): string {
  const lines = rows.map((row) =>
    `${formatDuration(row.at).padStart(9)}  ${row.what.padEnd(24)} ${row.detail}`.trimEnd(),
  )
  return [`${plan.name}: seed ${plan.seed}, plan ${plan.hash}`, ...lines, ''].join('\n')
}

function describeTarget(plan: FaultPlan, target: string | TargetSelector | undefined): string {
  const selector = typeof target === 'string' ? plan.targets[target] : target
  if (selector === undefined) return 'on all workload clusters'
  const { plane, of, role, clusters, pick } = selector
  const picked =
    'all' in pick
      ? 'all'
      : 'count' in pick
        ? String(pick.count)
        : 'atMost' in pick
          ? `at most ${pick.atMost}`
          : `${pick.percent}%`
  const what = plane === 'machine' ? `${role === undefined ? '' : `${role} `}machines` : `${plane} cluster`
  return `on ${picked} ${what}${of === undefined ? '' : ` of ${of}`}${clusters === undefined ? '' : ` ${compact(clusters)}`}`
}

/** Parameters on one line; durations are milliseconds by then. */
const compact = (value: unknown): string =>
  value === undefined || JSON.stringify(value) === '{}' ? '' : JSON.stringify(value).replaceAll('"', '')
