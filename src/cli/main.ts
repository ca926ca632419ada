/** The command line. A verb reads its flags here; what it needs is loaded when it is called. */
import { resolve } from 'node:path'
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { createLog, type Log, type LogLevel } from '../base/log.ts'
import { parseDuration } from '../base/units.ts'
import { UsageError } from '../base/usage-error.ts'
import { exitCodes } from '../soak/verdict.ts'
import type { AgainstFacts } from '../soak/report/model.ts'
import { plantNames } from './plants.ts'
import { addReleasedVerbs } from './verbs-released.ts'
import { version } from './version.ts'

const program = new Command('capstorm')
  .description('Breaks Cluster API on purpose, for hours, and says honestly what happened.')
  .version(version)
  .exitOverride()
  .showHelpAfterError('(see --help)')
  .configureHelp({ showGlobalOptions: true })
  .addOption(
    new Option('--log-level <level>', 'how much to log')
      .choices(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
      .default('warn'),
  )

const log = (): Log =>
  createLog({ level: program.opts<{ logLevel: LogLevel }>().logLevel, pretty: process.stderr.isTTY === true })

const duration = (text: string): number => {
  const ms = parseDuration(text)
  if (ms === undefined || ms === 0) throw new InvalidArgumentError('a duration needs a unit: 90s, 10m, 24h.')
  return ms
}
const integer = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number, please.')
  return Number(text)
}
const port = (text: string): number => {
  const value = integer(text)
  if (value > 65_535) throw new InvalidArgumentError('a port is at most 65535.')
  return value
}

let exitCode = 0

interface RunOptions {
  readonly profile: string
  readonly plan?: string
  readonly duration?: number
  readonly seed?: number
  readonly plant?: string
  readonly out?: string
  readonly resume?: string
  readonly metricsPort?: number
  readonly progress: 'auto' | 'plain' | 'none'
  readonly kubeconfig?: string
  readonly control?: string
  readonly scrape?: readonly string[]
  readonly cleanup?: boolean
}

interface UpOptions {
  readonly dir: string
  readonly profile: string
  readonly data?: string
  readonly seed?: number
  readonly metricsPort?: number
  readonly real: boolean
  readonly crds?: readonly string[]
  readonly webhooks?: readonly string[]
}

function runCommand(mode: 'soak' | 'rehearse', description: string, example: string): Command {
  const command = program
    .command(mode)
    .description(description)
    .option('--profile <name or file>', 'the fleet, its churn and its phases', 'quickstart')
    .option('--plan <file>', 'another fault plan than the profile’s')
    .option('--duration <time>', 'repeat the faults → quiet cycle for so long (default: once)', duration)
    .option('--seed <number>', 'the seed of every decision (default: the plan’s, else drawn and printed)', integer)
    .option('--plant <bug>', `plant a deliberate bug: ${plantNames.join(', ')}`)
    .option('--out <dir>', 'the run directory (default: runs/<id>, linked as runs/latest)')
    .addHelpText(
      'after',
      `\nExample:\n  ${example}\n\nExit codes: 0 pass, 1 threshold, 2 invariant, 3 leak, 4 recovery, 5 inconclusive or invalid,\n  64 usage, 70 internal, 124 time-out, 130 interrupted`,
    )
    .action(async (options: RunOptions) => {
      const against = againstOf(options)
      if (options.cleanup === true) {
        if (against === undefined)
          throw new UsageError('--cleanup needs --kubeconfig and --control: without them a soak leaves nothing behind')
        const { soakCleanUp } = await import('./soak-clean-up.ts')
        exitCode = await soakCleanUp(options.profile, against)
        return
      }
      const { soak } = await import('./soak.ts')
      exitCode = await soak({
        against,
        mode,
        profile: options.profile,
        plan: options.plan,
        duration: options.duration,
        seed: options.seed,
        plant: options.plant,
        out: options.out,
        resume: options.resume,
        metricsPort: options.metricsPort,
        log: log(),
        progress: options.progress ?? 'none',
        argv: process.argv.slice(2),
      })
    })
  if (mode === 'rehearse') return command
  return command
    .option('--resume <dir>', 'continue a run that was interrupted')
    .option('--kubeconfig <file>', 'a management cluster with released managers, instead of the embedded one')
    .option('--control <file>', 'with --kubeconfig: the control.json of the up or provider that hosts its clusters')
    .option('--scrape <name=url...>', 'with --kubeconfig: a manager’s diagnostics address, sampled at every checkpoint')
    .option('--cleanup', 'with --kubeconfig: delete what soaks of this profile have left, and end')
    .option(
      '--metrics-port <port>',
      'serve /metrics, /healthz and /readyz on this loopback port (default: any free one)',
      port,
    )
    .addOption(
      new Option('--progress <style>', 'what to show meanwhile').choices(['auto', 'plain', 'none']).default('auto'),
    )
}

/** The files are named in run.json, so that a run can be resumed from anywhere. */
function againstOf({ kubeconfig, control, scrape = [] }: RunOptions): AgainstFacts | undefined {
  if (kubeconfig === undefined && control === undefined) return undefined
  if (kubeconfig === undefined || control === undefined)
    throw new UsageError(
      '--kubeconfig and --control go together: the management cluster, and the control.json of the up or provider that hosts its clusters',
    )
  return { kubeconfig: resolve(kubeconfig), control: resolve(control), scrape }
}

runCommand(
  'soak',
  'Soaks a fleet under chaos, over real sockets, and judges it.',
  'capstorm soak --profile quickstart --duration 10m --seed 7',
)
runCommand(
  'rehearse',
  'The same soak under a simulated clock: hours in seconds, the same seed gives the same journal.',
  'capstorm rehearse --profile quickstart --duration 24h --seed 7',
)

program
  .command('up')
  .description('Keeps a fleet running until Ctrl-C, without faults, and writes kubeconfigs.')
  .option('--dir <dir>', 'where the kubeconfigs go', '.capstorm')
  .option('--profile <name or file>', 'the fleet', 'quickstart')
  .option('--data <dir>', 'keep what the clusters hold there, across restarts and kills (with --real: <dir>/data)')
  .option('--real', 'serve released Cluster API managers, which you start: no fleet, no controllers of our own', false)
  .option('--crds <dir...>', 'with --real: the managers’ custom resource definitions')
  .option('--webhooks <file=port...>', 'with --real: a manager’s webhook configurations and its --webhook-port')
  .option('--seed <number>', 'the seed of delays and names', integer)
  .option(
    '--metrics-port <port>',
    'serve /metrics, /healthz and /readyz on this loopback port (default: any free one)',
    port,
  )
  .addHelpText(
    'after',
    '\nExample:\n  capstorm up --dir .capstorm &\n  kubectl --kubeconfig .capstorm/management.kubeconfig get clusters,machines',
  )
  .action(async (options: UpOptions) => {
    const { dir, data, seed, metricsPort, profile, real, crds = [], webhooks = [] } = options
    const shared = { dir, data, seed, metricsPort, log: log() }
    if (real) {
      if (crds.length === 0)
        throw new UsageError('--real needs --crds DIR: the folder of the managers’ custom resource definitions')
      const { upReal } = await import('./up-real.ts')
      exitCode = await upReal({ ...shared, crds, webhooks })
      return
    }
    if (crds.length > 0 || webhooks.length > 0)
      throw new UsageError('--crds and --webhooks belong to --real; add it, or leave them out')
    const { up } = await import('./up.ts')
    exitCode = await up({ ...shared, profile })
  })

program
  .command('proxy')
  .description(
    'Puts the chaos proxy in front of an API server, runs a plan, and writes a kubeconfig that goes through it.',
  )
  .requiredOption('--kubeconfig <file>', 'the API server to stand in front of')
  .requiredOption('--plan <file>', 'what to do to it')
  .option('--dir <dir>', 'where proxy.kubeconfig goes', '.capstorm')
  .option('--port <port>', 'listen on this loopback port (default: any free one)', port)
  .option('--seed <number>', 'the seed of every decision', integer)
  .option('--allow-real-cluster', 'inject into an API server that is not one of Capstorm’s own', false)
  .addHelpText(
    'after',
    '\nExample:\n  capstorm proxy --kubeconfig ~/.kube/config --plan plan.yaml --allow-real-cluster &\n  kubectl --kubeconfig .capstorm/proxy.kubeconfig get nodes',
  )
  .action(
    async (options: {
      kubeconfig: string
      plan: string
      dir: string
      port?: number
      seed?: number
      allowRealCluster: boolean
    }) => {
      const { proxyCommand } = await import('./proxy.ts')
      exitCode = await proxyCommand({
        kubeconfig: options.kubeconfig,
        plan: options.plan,
        dir: options.dir,
        port: options.port,
        seed: options.seed,
        allowRealCluster: options.allowRealCluster,
        log: log(),
      })
    },
  )

const plan = program.command('plan').description('Checks a fault plan, or prints what it will do when.')
plan
  .command('check <file>')
  .description('Validates a plan; says file, line, column and what to do.')
  .addHelpText('after', '\nExample:\n  capstorm plan check faultplans/quickstart.yaml')
  .action(async (file: string) => {
    const { planCheck } = await import('./plan.ts')
    planCheck(file)
  })
plan
  .command('timeline <file>')
  .description('Prints what a plan will do when.')
  .option('--horizon <time>', 'stop after this long', duration, 24 * 3_600_000)
  .option('--json', 'as JSON', false)
  .addHelpText('after', '\nExample:\n  capstorm plan timeline faultplans/quickstart.yaml')
  .action(async (file: string, options: { horizon: number; json: boolean }) => {
    const { planTimeline } = await import('./plan.ts')
    await planTimeline(file, options)
  })

program
  .command('report <dir>')
  .description('Judges a run directory again and writes its verdicts, JUnit file and report anew.')
  .addHelpText('after', '\nExample:\n  capstorm report runs/latest')
  .action(async (directory: string) => {
    const { rerender } = await import('./report.ts')
    exitCode = rerender(directory)
  })

addReleasedVerbs(program, { log, duration, port, exit: (code) => (exitCode = code) })

try {
  await program.parseAsync()
} catch (error) {
  exitCode = failed(error)
}
process.exitCode = exitCode
// What a dependency leaves open must not keep a finished command alive.
process.exit()

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage
  if (error instanceof UsageError) {
    process.stderr.write(`capstorm: ${error.message}\n`)
    return exitCodes.usage
  }
  process.stderr.write(`capstorm: internal error: ${(error as Error).stack ?? String(error)}\n`)
  return exitCodes.internal
}
