/** `capstorm proxy`: the chaos proxy in front of an API server that exists already. */
import { readFileSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { RealClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { keyedRandom } from '../base/random.ts'
import { UsageError } from '../base/usage-error.ts'
import { engineControl } from '../faults/control.ts'
import { FaultEngine } from '../faults/engine.ts'
import { engineInjector } from '../faults/injector.ts'
import { managementCluster, type Infrastructure } from '../faults/infrastructure.ts'
import type { FaultPlan } from '../faults/plan.ts'
import { loadPlan } from '../faults/plan-file.ts'
import { PlanRunner } from '../faults/runner.ts'
import { MemoryJournal } from '../journal/journal.ts'
import { Client, type KindRef } from '../kube/client.ts'
import { readKubeconfig, writeKubeconfig, type KubeconfigFacts } from '../kube/kubeconfig.ts'
import { networkHandler } from '../kube/network.ts'
import type { KubeObject } from '../kube/object.ts'
import { x509Pki } from '../kube/pki.ts'
import { RequestTotals } from '../proxy/request-totals.ts'
import { ProxyServer } from '../proxy/server.ts'
import { networkUpstream } from '../proxy/upstream.ts'
import { anyFreePort, isFree } from './endpoints.ts'
import { issueLoopback } from './identity.ts'
import { ensureDirectory, writePrivate } from './private-file.ts'

export interface ProxyFlags {
  readonly kubeconfig: string
  readonly plan: string
  readonly dir: string
  readonly port: number | undefined
  readonly seed: number | undefined
  readonly allowRealCluster: boolean
  readonly log: Log
}

const host = '127.0.0.1'

/** Runs the plan once and stays, passing everything through, until Ctrl-C. */
export async function proxyCommand(flags: ProxyFlags): Promise<number> {
  const plan = loadPlan(flags.plan)
  refuseMachineFaults(plan, flags.plan)
  const facts = loadKubeconfig(flags.kubeconfig)
  const clock = new RealClock()
  const seed = flags.seed ?? (plan.seed === 'random' ? Math.floor(Math.random() * 1_000_000) : plan.seed)
  const random = keyedRandom(seed)
  const journal = new MemoryJournal(clock)
  await using direct = networkHandler({ ...facts, clock })
  const client = new Client({ handler: direct.handler, clock, userAgent: 'capstorm-proxy' })
  await checkUpstream(client, facts, flags)
  if (flags.port !== undefined && flags.port !== 0 && !(await isFree(flags.port)))
    throw new UsageError(`--port ${flags.port}: the port is in use; give another one, or leave it out for any free one`)
  const directory = ensureDirectory(flags.dir)

  const engine = new FaultEngine({ clock, random, journal, strikeMachines: () => () => {} })
  const upstream = networkUpstream(facts)
  await using proxy = new ProxyServer({ engine, log: flags.log, clock, mayFreeze: () => true })
  const pki = x509Pki(() => clock.wallMs())
  const authority = await pki.createAuthority('capstorm-proxy-ca')
  const serving = await issueLoopback(pki, authority, 'capstorm-proxy')
  const admin = await pki.issueClient(authority, 'capstorm-proxy', ['system:masters'])
  const totals = new RequestTotals()
  const port = flags.port === undefined || flags.port === 0 ? await anyFreePort() : flags.port
  const handler = onlyWithCertificate(
    engine.around(managementCluster, totals.around(managementCluster, upstream.handler)),
  )
  await proxy.listen({
    endpoint: { cluster: managementCluster, handler },
    host,
    port,
    serving,
    clientCa: authority.cert,
  })
  const path = join(directory, 'proxy.kubeconfig')
  writePrivate(
    path,
    writeKubeconfig({
      name: `capstorm-${facts.name}`,
      server: `https://${host}:${port}`,
      ca: authority.cert,
      user: 'capstorm-proxy',
      ...admin,
    }),
  )
  process.stdout.write(
    `proxy: https://${host}:${port} in front of ${facts.server}, plan ${plan.name} (${plan.hash}), seed ${seed}\nready: ${path}\n`,
  )

  const stop = new AbortController()
  const onSignal = (): void => stop.abort(new Error('interrupted'))
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  try {
    const probes = {
      list: (_cluster: string, gvr: string): Promise<readonly KubeObject[]> =>
        client.list(kindOf(gvr)).then(({ items }) => items),
    }
    const injector = engineInjector({
      plan,
      control: engineControl(engine),
      infrastructure: onlyThisCluster,
      probes,
      random,
      journal,
      clock,
    })
    const runner = new PlanRunner({
      plan,
      clock,
      random,
      injector,
      horizon: plan.safety.maxRunTime ?? Infinity,
      cycle: 1,
    })
    await runner.run(stop.signal).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error
    })
    report(journal)
    if (!stop.signal.aborted) {
      process.stdout.write('the plan is over; passing everything through until Ctrl-C\n')
      await new Promise<void>((done) => stop.signal.addEventListener('abort', () => done(), { once: true }))
    }
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    engine.healAll('abort')
    upstream.close()
    rmSync(path, { force: true })
  }
  return 0
}

function report(journal: MemoryJournal): void {
  for (const { at, event } of journal.entries) {
    if (event.type === 'fault.healed')
      process.stdout.write(`  ${(at / 1000).toFixed(1)}s ${event.incident}: ${event.hits} of ${event.eligible} hit\n`)
    if (event.type === 'fault.refused')
      process.stdout.write(`  ${(at / 1000).toFixed(1)}s ${event.incident}: not injected: ${event.message}\n`)
  }
}

/** The proxy's own client certificate is what opens it: whoever comes through acts with the upstream's credentials. */
function onlyWithCertificate(inner: ReturnType<FaultEngine['around']>): ReturnType<FaultEngine['around']> {
  return async (exchange) => {
    const { certificate } = exchange.peer
    if (certificate !== undefined && certificate !== 'invalid') return inner(exchange)
    const text = JSON.stringify({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    })
    return { status: 401, body: { kind: 'bytes', bytes: Buffer.from(text) } }
  }
}

/** Only clusters of ours may be broken without being named. */
async function checkUpstream(client: Client, facts: KubeconfigFacts, flags: ProxyFlags): Promise<void> {
  let gitVersion: string
  try {
    gitVersion = ((await client.raw('/version')) as { gitVersion?: string }).gitVersion ?? ''
  } catch (cause) {
    throw new UsageError(
      `${flags.kubeconfig}: ${facts.server} does not answer: ${(cause as Error).message}; check that it runs and that the kubeconfig is its`,
      { cause },
    )
  }
  if (gitVersion.includes('capstorm') || flags.allowRealCluster) return
  throw new UsageError(
    `${facts.server} is a real cluster (version ${gitVersion || 'unknown'}); to inject faults into it, say so with --allow-real-cluster`,
  )
}

/** Throws a {@link UsageError} for what is no usable kubeconfig. */
export function loadKubeconfig(file: string): KubeconfigFacts {
  const path = resolve(file)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(
      `${path}: the kubeconfig cannot be read: ${(cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : (cause as Error).message}; give one with --kubeconfig`,
      { cause },
    )
  }
  try {
    return readKubeconfig(text, dirname(path))
  } catch (cause) {
    throw new UsageError(`${path}: is not a usable kubeconfig: ${(cause as Error).message}`, { cause })
  }
}

function refuseMachineFaults(plan: FaultPlan, file: string): void {
  const text = JSON.stringify([plan.timeline, plan.faults])
  const machine = /"kind":"(machine\.[a-zA-Z]+)"/.exec(text)?.[1]
  if (machine !== undefined)
    throw new UsageError(
      `${file}: ${machine} strikes machines, and a proxy has none; use it with soak, or remove it from the plan`,
    )
}

/** In front of one API server, that server is both planes. */
const onlyThisCluster: Infrastructure = {
  clusters: () => [],
  machines: () => [],
  impair: () => ({ [Symbol.dispose]() {} }),
  onBoot: () => ({ [Symbol.dispose]() {} }),
}

/** `machines.v1beta2.cluster.x-k8s.io`, or a core resource. */
function kindOf(gvr: string): KindRef {
  const [resource = '', version = 'v1', ...group] = gvr.split('.')
  return { group: group.join('.'), version, resource, kind: '', namespaced: true }
}
