/** `capstorm fault`: faults by hand, in a proxy that runs in another process. */
import { parse, stringify } from 'yaml'
import { RealClock } from '../base/clock.ts'
import { keyedRandom } from '../base/random.ts'
import { formatDuration } from '../base/units.ts'
import { UsageError } from '../base/usage-error.ts'
import { YamlDocument } from '../base/yaml-document.ts'
import type { ActiveFault, FaultOrder } from '../faults/control.ts'
import type { Fault, FaultPlan } from '../faults/plan.ts'
import { readPlan } from '../faults/plan-file.ts'
import type { Fleet } from '../faults/remote-control.ts'
import { resolveTarget } from '../faults/targets.ts'
import { Client } from '../kube/client.ts'
import { networkHandler } from '../kube/network.ts'
import { isNotFound } from '../kube/status.ts'
import { readControl } from './control.ts'

async function withAdmin<T>(control: string, use: (admin: Client) => Promise<T>): Promise<T> {
  const { url, token, ca } = readControl(control)
  const clock = new RealClock()
  await using network = networkHandler({ server: url, ca, token, clock })
  try {
    return await use(new Client({ handler: network.handler, clock, userAgent: 'capstorm-fault' }))
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError(`${control}: ${url}: ${(cause as Error).message}; check that its process still runs`, {
      cause,
    })
  }
}

export async function faultList(control: string, json: boolean): Promise<void> {
  const { items } = await withAdmin(
    control,
    async (admin) => (await admin.raw('/v1/faults')) as { items: ActiveFault[] },
  )
  if (json) process.stdout.write(`${JSON.stringify(items, null, 2)}\n`)
  else if (items.length === 0) process.stdout.write('no fault is armed\n')
  for (const { id, kind, clusters, machines } of json ? [] : items) {
    const on = machines.length > 0 ? machines.map(({ cluster, name }) => `${cluster}/${name}`) : clusters
    process.stdout.write(`${id}\t${kind}\t${on.join(', ')}\n`)
  }
}

/** Arms one fault, written as in a plan: `latency: {delay: 2s}`; it heals by itself after `length` milliseconds. */
export async function faultAdd(
  control: string,
  text: string,
  target: string | undefined,
  length: number,
): Promise<void> {
  const plan = onePlan(text, target, length)
  const [fault] = (plan.timeline[0] as { inject: readonly Fault[] }).inject as [Fault]
  await withAdmin(control, async (admin) => {
    const { clusters, machines } = (await admin.raw('/v1/fleet')) as Fleet
    const id = `by hand ${Date.now().toString(36)}`
    const infrastructure = { clusters: () => clusters, machines: () => machines }
    const chosen = resolveTarget(plan, fault.target, infrastructure, keyedRandom(Date.now()), id)
    if (chosen.clusters.length === 0)
      throw new UsageError(
        `the target selects nothing; there are ${clusters.map(({ namespace, name }) => `${namespace}/${name}`).join(', ') || 'no clusters'}`,
      )
    const order: FaultOrder = {
      id,
      fault: 'by hand',
      kind: fault.kind,
      spec: fault.spec,
      ...chosen,
      match: fault.match,
      clients: {},
      protect: [],
      streams: fault.match?.streams ?? 'both',
      sample: fault.sample,
      priority: fault.priority,
      lease: length,
    }
    await admin.post('/v1/faults', order)
    process.stdout.write(`${id}: ${fault.kind} on ${chosen.clusters.join(', ')} for ${formatDuration(length)}\n`)
  })
}

export async function faultRemove(control: string, id: string): Promise<void> {
  await withAdmin(control, async (admin) => {
    await admin.post(`/v1/faults/${encodeURIComponent(id)}/heal`, { reason: 'heal' }).catch((cause: unknown) => {
      if (isNotFound(cause)) throw new UsageError(`no fault "${id}" is armed; capstorm fault ls shows those that are`)
      throw cause
    })
  })
}

export const faultReset = (control: string): Promise<void> =>
  withAdmin(control, async (admin) => void (await admin.post('/v1/reset')))

/** The fault as a plan of one step, so that it is checked as plans are; whoever types it may do what they like. */
function onePlan(text: string, target: string | undefined, length: number): FaultPlan {
  const yaml = (given: string, what: string): unknown => {
    try {
      return parse(given)
    } catch (cause) {
      throw new UsageError(`${what}: not YAML: ${(cause as Error).message.split('\n')[0]}`, { cause })
    }
  }
  const fault = yaml(text, 'the fault')
  if (typeof fault !== 'object' || fault === null)
    throw new UsageError(`${text}: is not a fault; write it as in a plan: 'latency: {delay: 2s}'`)
  const document = {
    apiVersion: 'capstorm.dev/v1alpha1',
    kind: 'FaultPlan',
    metadata: { name: 'by-hand' },
    spec: {
      allow: ['legal', 'ambient', 'operator', 'illegal'],
      safety: { maxFaultDuration: '24h' },
      timeline: [
        {
          inject: [{ ...fault, ...(target === undefined ? {} : { target: yaml(target, '--target') }) }],
          for: `${length}ms`,
        },
      ],
    },
  }
  return readPlan(new YamlDocument('the fault', stringify(document)))
}
