/** `capstorm soak` and `capstorm rehearse`: the same run, over sockets in real time or handler to handler in simulated time. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RealClock, type Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { keyedRandom } from '../base/random.ts'
import { SimClock } from '../base/sim-clock.ts'
import { formatDuration } from '../base/units.ts'
import { nearest, UsageError } from '../base/usage-error.ts'
import type { FaultPlan } from '../faults/plan.ts'
import { faultKind } from '../faults/catalogue.ts'
import { loadPlan } from '../faults/plan-file.ts'
import { probeName } from '../faults/probe.ts'
import { FileJournal, lastEntryOf, readJournal } from '../journal/journal.ts'
import { realTimers } from '../management/timers.ts'
import { realNodeTimings } from '../provider/machines/node-lifecycle.ts'
import { loadProfile, settingsOver, type SoakProfile } from '../soak/profile.ts'
import type { AgainstFacts, RunFacts } from '../soak/report/model.ts'
import { summaryText } from '../soak/report/summary.ts'
import { SoakRun } from '../soak/run.ts'
import type { RunSettings } from '../soak/run-settings.ts'
import { plantNames } from './plants.ts'
import { Progress } from './progress.ts'
import {
  createRunDirectory,
  deriveReports,
  linkLatest,
  readRunFacts,
  requireRunDirectory,
  writeRunFacts,
} from './run-directory.ts'
import { againstFlags, checkReleased } from './released/against.ts'
import { releasedWorld } from './released/soak-world.ts'
import { embeddedWorld } from './soak-world.ts'
import { version } from './version.ts'

export interface SoakFlags {
  readonly mode: 'soak' | 'rehearse'
  readonly profile: string
  readonly plan: string | undefined
  readonly duration: number | undefined
  readonly seed: number | undefined
  readonly plant: string | undefined
  readonly out: string | undefined
  readonly resume: string | undefined
  readonly metricsPort: number | undefined
  /** The fleet is another process's: released managers against our provider. */
  readonly against: AgainstFacts | undefined
  readonly log: Log
  readonly progress: 'auto' | 'plain' | 'none'
  readonly argv: readonly string[]
}

/** Runs to the end and returns the exit code. */
export async function soak(flags: SoakFlags): Promise<number> {
  const run = prepare(flags)
  const { directory, facts } = run
  process.stdout.write(
    `capstorm ${facts.mode}: profile ${facts.profile}, plan ${facts.plan} (${facts.planHash}), seed ${facts.seed}, commit ${facts.commit}${facts.dirty ? ' with uncommitted changes' : ''}\n  again: ${facts.reproduce}\n`,
  )
  const clock: Clock & { run?: SimClock['run'] } = facts.mode === 'rehearse' ? new SimClock() : new RealClock()
  const work = perform(flags, run, clock)
  await (clock.run === undefined ? work : (clock as SimClock).run(work))
  const judgement = deriveReports(directory, facts)
  process.stdout.write(`\n${summaryText(facts, judgement, displayPath(directory))}`)
  return judgement.exitCode
}

interface Prepared {
  readonly directory: string
  readonly facts: RunFacts
  readonly plan: FaultPlan
  readonly profile: SoakProfile
  readonly resumed: boolean
}

/** Everything that can be wrong with the input is found here, before anything has started. */
function prepare(flags: SoakFlags): Prepared {
  if (flags.resume !== undefined) return prepareResume(flags.resume)
  const profile = loadProfile(findProfile(flags.profile))
  const planFile = flags.plan === undefined ? profile.planFile : resolve(flags.plan)
  const plan = loadPlan(planFile)
  const plant = flags.plant ?? ''
  if (plant !== '' && !plantNames.includes(plant)) {
    const close = nearest(plant, plantNames)
    throw new UsageError(
      `--plant ${plant}: there is no such bug to plant; ${close === undefined ? `valid: ${plantNames.join(', ')}` : `did you mean "${close}"?`}`,
    )
  }
  if (flags.against !== undefined) checkReleased(profile, plant)
  const seed = flags.seed ?? (plan.seed === 'random' ? Math.floor(Math.random() * 1_000_000) : plan.seed)
  const startedAt = new Date()
  const id = `${startedAt.toISOString().slice(0, 19).replaceAll(':', '').replace('T', '-')}-${flags.mode}-${profile.name}-${seed}`
  const directory = createRunDirectory(flags.out ?? join('runs', id))
  const { commit, dirty } = gitState()
  const given = [
    `npx capstorm ${flags.mode}`,
    `--profile ${flags.profile}`,
    ...(flags.plan === undefined ? [] : [`--plan ${flags.plan}`]),
    ...(flags.duration === undefined ? [] : [`--duration ${formatDuration(flags.duration)}`]),
    `--seed ${seed}`,
    ...(plant === '' ? [] : [`--plant ${plant}`]),
    ...againstFlags(flags.against),
  ]
  const facts: RunFacts = {
    schemaVersion: 1,
    id,
    mode: flags.mode,
    profile: profile.name,
    profileFile: profile.file,
    planFile,
    plan: plan.name,
    planHash: plan.hash,
    seed,
    plant,
    durationMs: flags.duration ?? null,
    version,
    commit,
    dirty,
    argv: flags.argv,
    node: process.version,
    reproduce: given.join(' '),
    startedAt: startedAt.toISOString(),
    shortened: shortened(profile),
    ...(flags.against === undefined ? {} : { against: flags.against }),
  }
  writeRunFacts(directory, facts)
  if (flags.out === undefined) linkLatest(directory)
  return { directory, facts, plan, profile, resumed: false }
}

function prepareResume(given: string): Prepared {
  const directory = requireRunDirectory(given)
  const facts = readRunFacts(directory)
  if (facts.mode === 'rehearse')
    throw new UsageError(`${directory}: is a rehearsal; it is quicker to run it again: ${facts.reproduce}`)
  const last = lastEntryOf(directory)
  if (last?.event.type === 'run.finished' && last.event.reason === 'completed')
    throw new UsageError(`${directory}: this run is complete; see its report, or start another run: ${facts.reproduce}`)
  return {
    directory,
    facts,
    plan: loadPlan(facts.planFile),
    profile: loadProfile(facts.profileFile),
    resumed: last !== undefined,
  }
}

async function perform(
  flags: SoakFlags,
  { directory, facts, plan, profile, resumed }: Prepared,
  clock: Clock,
): Promise<void> {
  const live = facts.mode === 'soak'
  const random = keyedRandom(facts.seed)
  const earlier = resumed ? [...readJournal(directory)] : []
  using journal = new FileJournal(directory, clock)
  if (resumed) journal.record({ type: 'run.resumed' })
  else
    journal.record({
      type: 'run.started',
      mode: facts.mode,
      profile: facts.profile,
      plan: facts.plan,
      planHash: facts.planHash,
      seed: facts.seed,
      plant: facts.plant,
      settings: settingsOf(profile, plan, clock) as never,
    })
  const shared = { clock, random, log: flags.log, journal, profile, metricsPort: flags.metricsPort }
  await using world =
    facts.against === undefined
      ? await embeddedWorld({ ...shared, live, freezes: live && planFreezes(plan), plant: facts.plant })
      : await releasedWorld({ ...shared, against: facts.against, directory })
  const interrupt = new AbortController()
  using _signals = live ? onInterrupt(interrupt) : undefined
  const { target } = world
  const progress = new Progress({ clock, style: live ? flags.progress : 'none', profile })
  const firstCycle = 1 + earlier.filter(({ event }) => event.type === 'checkpoint').length
  const run = new SoakRun({
    target,
    profile,
    plan,
    clock,
    random,
    journal,
    duration: facts.durationMs === null ? undefined : Math.max(0, facts.durationMs - (earlier.at(-1)?.at ?? 0)),
    firstCycle,
    recordNothing: facts.plant === 'no-data',
    onPhase: (phase, cycle) => progress.phase(phase, cycle),
    sampleEvery: live ? 1_000 : 60_000,
  })
  progress.attach(run.state, target.control, journal)
  await using _metrics = await world.serveMetrics(run.state)
  const flusher = live ? setInterval(() => journal.flush(true), 1_000) : undefined
  try {
    const reason = await run.run(interrupt.signal)
    const { problem } = run
    if (problem !== undefined) flags.log.error(problem)
    journal.record({ type: 'run.finished', reason, ...(problem === undefined ? {} : { message: problem }) })
  } catch (error) {
    if (interrupt.signal.aborted) journal.record({ type: 'run.finished', reason: 'interrupted' })
    else {
      flags.log.error({ err: error }, 'the run failed')
      journal.record({ type: 'run.finished', reason: 'failed', message: (error as Error).message })
    }
  } finally {
    clearInterval(flusher)
    progress.close()
  }
}

/** Ctrl-C once: heal, drain, report. Twice: leave at once; the directory can be resumed. */
function onInterrupt(interrupt: AbortController): Disposable {
  let count = 0
  const onSignal = (): void => {
    if (++count === 1) {
      process.stderr.write('\ninterrupted: healing and draining; once more to leave at once\n')
      interrupt.abort('drain')
    } else {
      process.stderr.write('\nleft at once; continue with --resume\n')
      process.exit(130)
    }
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

/** A name of ours, or a path. */
export function findProfile(given: string): string {
  const shipped = fileURLToPath(new URL(`../../profiles/${given}.yaml`, import.meta.url))
  if (!/[./\\]/.test(given) && existsSync(shipped)) return shipped
  return resolve(given)
}

function settingsOf(profile: SoakProfile, plan: FaultPlan, clock: Clock): RunSettings {
  const timers = settingsOver(realTimers, profile.timers)
  const { controlPlane, workers } = profile.fleet.healthChecks
  return {
    startedAtMs: clock.wallMs(),
    timers: { ...timers, healthCheckTimeout: Math.max(controlPlane.notReadyTimeout, workers.notReadyTimeout) },
    nodes: settingsOver(realNodeTimings, profile.nodes),
    startup: profile.fleet.startup,
    quiet: profile.phases.quiet,
    faultsFor: profile.phases.faults.for,
    minEffect: plan.safety.minEffect,
    steadyState: plan.steadyState.map(probeName),
    expect: plan.expect.map((expectation) => {
      if ('effect' in expectation) return expectation
      if ('never' in expectation) return { never: probeName(expectation.never) }
      if ('eventually' in expectation)
        return { eventually: probeName(expectation.eventually), within: expectation.within }
      const { probe, within } = expectation.recover
      return { recover: { probe: probe === 'steadyState' ? probe : probeName(probe), within } }
    }),
    gates: profile.gates,
    shortened: shortened(profile),
  }
}

/** Which timers the profile changes, in words, for the report. */
function shortened(profile: SoakProfile): string[] {
  const differences = (given: Readonly<Record<string, number | undefined>>, real: object): string[] =>
    Object.entries(given).flatMap(([name, value]) => {
      const normal = (real as Record<string, number>)[name]
      if (value === undefined || value === normal) return []
      const text = (ms: number | undefined): string =>
        ms === undefined ? '–' : name === 'probeFailures' ? String(ms) : formatDuration(ms)
      return [`${name} ${text(value)} (real: ${text(normal)})`]
    })
  return [...differences(profile.timers, realTimers), ...differences(profile.nodes, realNodeTimings)]
}

function planFreezes(plan: FaultPlan): boolean {
  const kinds = JSON.stringify([plan.timeline, plan.faults])
  return [...kinds.matchAll(/"kind":"([a-z.A-Z]+)"/g)].some(([, name]) => {
    const kind = faultKind(name as string)
    return kind !== undefined && 'freezes' in kind
  })
}

function gitState(): { commit: string; dirty: boolean } {
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      encoding: 'utf8',
      cwd: dirname(fileURLToPath(import.meta.url)),
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    return { commit: git('rev-parse', '--short=12', 'HEAD'), dirty: git('status', '--porcelain') !== '' }
  } catch {
    return { commit: `v${version}`, dirty: false } // an installed package is no checkout
  }
}

const displayPath = (directory: string): string => {
  const here = `${process.cwd()}/`
  return directory.startsWith(here) ? directory.slice(here.length) : directory
}
