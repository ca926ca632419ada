/**
 * One provider at a time: a Lease held and renewed, as client-go's leader election holds it, with the timings of
 * Cluster API's managers. Source: k8s.io/client-go/tools/leaderelection.
 */
import { rfc3339Micro, sleep, type Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { leases } from '../apiserver/resources/leases.ts'
import type { Client } from '../kube/client.ts'
import type { KubeObject } from '../kube/object.ts'
import { isNotFound } from '../kube/status.ts'

const leaseDuration = 15_000
const renewDeadline = 10_000
const retryPeriod = 2_000
const leaseName = 'controller-leader-election-capstorm'

interface Lease extends KubeObject {
  readonly spec?: { readonly holderIdentity?: string; readonly renewTime?: string; readonly leaseTransitions?: number }
}

export interface ElectionOptions {
  readonly client: Client
  readonly clock: Clock
  readonly namespace: string
  /** Unique among the candidates. */
  readonly identity: string
  readonly signal: AbortSignal
  readonly log: Log
}

/** Resolves when the Lease is ours; `lost` resolves when it is not any more. */
export async function leadership(options: ElectionOptions): Promise<{ readonly lost: Promise<void> }> {
  const { clock, signal, log, identity } = options
  const seen = { renewTime: '', at: 0 }
  const attempt = (): Promise<boolean> =>
    acquire(options, identity, seen).catch((error: unknown) => {
      log.debug({ err: error }, 'the leader election could not be reached')
      return false
    })
  while (!signal.aborted && !(await attempt())) await sleep(clock, retryPeriod, signal).catch(() => {})
  return { lost: keep(options, attempt) }
}

async function keep({ clock, signal, log }: ElectionOptions, attempt: () => Promise<boolean>): Promise<void> {
  let renewed = clock.now()
  while (!signal.aborted) {
    await sleep(clock, retryPeriod, signal).catch(() => {})
    if (signal.aborted) return
    if (await attempt()) renewed = clock.now()
    else if (clock.now() - renewed >= renewDeadline) {
      log.error('the leader election is lost')
      return
    }
  }
}

/** A Lease counts as held for its duration since its holder was last seen to renew it, by our own clock. */
async function acquire(
  { client, clock, namespace }: ElectionOptions,
  identity: string,
  seen: { renewTime: string; at: number },
): Promise<boolean> {
  const now = rfc3339Micro(clock.wallMs())
  const spec = {
    holderIdentity: identity,
    leaseDurationSeconds: leaseDuration / 1000,
    acquireTime: now,
    renewTime: now,
  }
  const metadata = { name: leaseName, namespace }
  let lease: Lease
  try {
    lease = await client.get<Lease>(leases, namespace, leaseName)
  } catch (error) {
    if (!isNotFound(error)) throw error
    await client.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec })
    return true
  }
  const { holderIdentity = '', renewTime = '', leaseTransitions = 0 } = lease.spec ?? {}
  if (renewTime !== seen.renewTime) Object.assign(seen, { renewTime, at: clock.now() })
  const ours = holderIdentity === identity
  if (!ours && holderIdentity !== '' && clock.now() - seen.at < leaseDuration) return false
  const { resourceVersion } = lease.metadata
  const taken = ours ? { renewTime: now } : { ...spec, leaseTransitions: leaseTransitions + 1 }
  await client.patch(leases, namespace, leaseName, { metadata: { resourceVersion }, spec: taken })
  return true
}
