/** The command line's verbs about processes and clusters that others run: provider, fault, doctor, components. */
import type { Command } from 'commander'
import type { Log } from '../base/log.ts'

export interface VerbTools {
  readonly log: () => Log
  readonly duration: (text: string) => number
  readonly port: (text: string) => number
  readonly exit: (code: number) => void
}

export function addReleasedVerbs(program: Command, tools: VerbTools): void {
  addProvider(program, tools)
  addFault(program, tools)
  addComponents(program)
  addDoctor(program, tools)
}

interface ProviderOptions {
  readonly kubeconfig?: string
  readonly dir: string
  readonly data?: string
  readonly host: string
  readonly bind?: string
  readonly webhookPort?: number
  readonly webhookService?: string
  readonly leaderElect: boolean
  readonly leaderElectNamespace: string
  readonly metricsPort?: number
}

function addProvider(program: Command, { log, port, exit }: VerbTools): void {
  program
    .command('provider')
    .description('The infrastructure provider and its chaos proxy, for a management cluster that others run.')
    .option('--kubeconfig <file>', 'the management cluster (default: that of the pod this runs in)')
    .option('--dir <dir>', 'where control.json goes', '.capstorm')
    .option('--data <dir>', 'what the workload clusters hold, across restarts (default: <dir>/data)')
    .option('--host <address>', 'the address of the workload clusters, which managers have to reach', '127.0.0.1')
    .option('--bind <address>', 'the address to listen on, where it is another one than --host')
    .option(
      '--webhook-port <port>',
      'serve admission and conversion webhooks there and register them; v1beta1 is served then, too',
      port,
    )
    .option(
      '--webhook-service <namespace/name>',
      'the Service that leads there (default: the API server is on this machine)',
    )
    .option('--leader-elect', 'wait until no other provider is at work', false)
    .option('--leader-elect-namespace <namespace>', 'where the Lease is', 'capstorm-system')
    .option('--metrics-port <port>', 'serve /metrics, /healthz and /readyz on this port (default: any free one)', port)
    .addHelpText('after', '\nExample:\n  capstorm provider --kubeconfig ~/.kube/config --dir .capstorm')
    .action(
      async ({ kubeconfig, data, metricsPort, bind, webhookPort, webhookService, ...options }: ProviderOptions) => {
        const { providerCommand } = await import('./provider-command.ts')
        const given = { kubeconfig, data, metricsPort, bind, webhookPort, webhookService }
        exit(await providerCommand({ ...options, ...given, log: log() }))
      },
    )
}

function addFault(program: Command, { duration }: VerbTools): void {
  const control = [
    '--control <file>',
    'the control.json of a running up, provider or proxy',
    '.capstorm/control.json',
  ] as const
  const fault = program.command('fault').description('Lists, adds and removes faults in a running proxy.')
  fault
    .command('ls')
    .description('The faults that are armed now.')
    .option(...control)
    .option('--json', 'as JSON', false)
    .addHelpText('after', '\nExample:\n  capstorm fault ls --control .capstorm/control.json')
    .action(async (options: { control: string; json: boolean }) => {
      const { faultList } = await import('./fault-command.ts')
      await faultList(options.control, options.json)
    })
  fault
    .command('add <fault>')
    .description('Arms one fault, written as in a plan; it heals by itself.')
    .requiredOption('--for <time>', 'for how long', duration)
    .option('--target <selector>', 'what it strikes, written as in a plan (default: every workload cluster)')
    .option(...control)
    .addHelpText(
      'after',
      "\nExample:\n  capstorm fault add 'latency: {delay: 2s}' --target '{plane: workload, clusters: {names: [c1]}}' --for 1m",
    )
    .action(async (text: string, options: { control: string; target?: string; for: number }) => {
      const { faultAdd } = await import('./fault-command.ts')
      await faultAdd(options.control, text, options.target, options.for)
    })
  fault
    .command('rm <id>')
    .description('Heals one fault.')
    .option(...control)
    .addHelpText('after', "\nExample:\n  capstorm fault rm 'by hand m3k2'")
    .action(async (id: string, options: { control: string }) => {
      const { faultRemove } = await import('./fault-command.ts')
      await faultRemove(options.control, id)
    })
  fault
    .command('reset')
    .description('Heals every fault.')
    .option(...control)
    .addHelpText('after', '\nExample:\n  capstorm fault reset')
    .action(async (options: { control: string }) => {
      const { faultReset } = await import('./fault-command.ts')
      await faultReset(options.control)
    })
}

function addComponents(program: Command): void {
  program
    .command('components')
    .description('Prints what a management cluster needs to run the provider, or writes a repository for clusterctl.')
    .option('--image <image>', 'the image to run (default: capstorm:latest)')
    .option('--dir <dir>', 'write a local repository for clusterctl there instead')
    .addHelpText(
      'after',
      '\nExample:\n  capstorm components --image registry.example/capstorm:v0.1.0 | kubectl apply -f -\n  capstorm components --dir repository',
    )
    .action(async ({ image, dir }: { image?: string; dir?: string }) => {
      const { componentsText, writeRepository } = await import('./components.ts')
      process.stdout.write(dir === undefined ? componentsText(image) : `${writeRepository(dir)}\n`)
    })
}

function addDoctor(program: Command, { exit }: VerbTools): void {
  program
    .command('doctor')
    .description('Says what is missing or wrong in a management cluster and what to do about it.')
    .requiredOption('--kubeconfig <file>', 'the management cluster')
    .option('--json', 'as JSON', false)
    .addHelpText(
      'after',
      '\nExample:\n  capstorm doctor --kubeconfig ~/.kube/config\n\nExit codes: 0 nothing is wrong, 1 something is',
    )
    .action(async ({ kubeconfig, json }: { kubeconfig: string; json: boolean }) => {
      const { doctor } = await import('./doctor/doctor.ts')
      exit(await doctor(kubeconfig, json))
    })
}
