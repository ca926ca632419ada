/** Performs churn: takes steps from the scenarios at their pace, does them through the API, and writes down how it went. */
import { sleep, type Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { assertNever } from '../base/assert.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Client } from '../kube/client.ts'
import { ignoreMissing } from '../kube/status.ts'
import { createCluster, ensureNamespace, fleetNames, soakClusters, soakSelection } from './fleet.ts'
import type { FleetState } from './fleet-state.ts'
import { clusterKind, controlPlaneKind, devClusterKind, machineDeploymentKind } from './kinds.ts'
import { groupOf, type ClusterGroup, type SoakProfile } from './profile.ts'
import { scenarioCatalogue } from './scenarios/catalogue.ts'
import type { FleetView, Scenario, Step } from './scenarios/scenario.ts'

export interface ExecutorOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly profile: SoakProfile
  readonly state: FleetState
  readonly record: (event: JournalEvent) => void
}

/** Temporary clusters at once; a scenario that can't delete as fast as it creates has to wait. */
const temporaryMax = 8

export class Executor {
  readonly #options: ExecutorOptions
  readonly #turns = new Map<number, number>()
  readonly #temporary = new Map<string, ClusterGroup>()

  constructor(options: ExecutorOptions) {
    this.#options = options
  }

  /** Resolves with what went wrong, if anything did: without its fleet a run means nothing. */
  async createFleet(): Promise<string | undefined> {
    const { client, profile } = this.#options
    await ensureNamespace(client, profile)
    for (const { group, name } of fleetNames(profile)) {
      const problem = await this.#journaled('fleet', { do: 'create-cluster', cluster: name, group: group.prefix }, () =>
        createCluster(client, profile, group, name),
      )
      if (problem !== undefined) return `cluster ${name} could not be created: ${problem}`
    }
    return undefined
  }

  /** Churns until the signal aborts. */
  async churn(signal: AbortSignal): Promise<void> {
    const entries = this.#options.profile.churn.map((entry, index) => this.#run(entry, index, signal))
    await Promise.all(entries)
  }

  /** Back to the fleet that the profile asks for: temporary clusters gone, sizes as at the start. */
  async restore(): Promise<void> {
    const { profile } = this.#options
    for (const cluster of [...this.#temporary.keys()]) await this.#perform('restore', { do: 'delete-cluster', cluster })
    for (const { group, name } of fleetNames(profile)) {
      await this.#perform('restore', { do: 'scale-workers', cluster: name, by: 0 })
      await this.#perform('restore', { do: 'scale-control-plane', cluster: name, replicas: group.controlPlane })
    }
  }

  async deleteFleet(): Promise<void> {
    const { client, profile } = this.#options
    const { namespace } = profile.fleet
    for (const cluster of await soakClusters(client, profile))
      await this.#perform('drain', { do: 'delete-cluster', cluster: cluster.metadata.name })
    // A DevCluster whose Cluster was never created has no owner to take it along.
    for (const infra of (await client.list(devClusterKind, soakSelection(profile))).items) {
      if (infra.metadata.ownerReferences === undefined)
        await client.delete(devClusterKind, namespace, infra.metadata.name).catch(ignoreMissing)
    }
  }

  async #run(entry: SoakProfile['churn'][number], index: number, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    const scenario = scenarioCatalogue.find(({ name }) => name === entry.scenario) as Scenario
    try {
      await sleep(clock, entry.startAfter, signal)
      for (;;) {
        const turn = this.#turns.get(index) ?? 0
        const step = scenario.step(this.#view(entry.on), turn, random)
        if (step !== undefined) {
          this.#turns.set(index, turn + 1)
          await this.#perform(scenario.name, step)
        }
        await sleep(clock, entry.every, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  #view(on: string): FleetView {
    const { profile, state } = this.#options
    const { fleet } = profile
    const group = groupOf(fleet.clusters, on) as ClusterGroup
    const names = fleetNames(profile).filter(
      ({ name }) => name === on || (on === group.prefix && name.startsWith(`${on}-`)),
    )
    return {
      targets: names.map(({ name }) => name),
      temporary: [...this.#temporary.keys()].map((cluster) => ({
        cluster,
        converged: state.waitingFor(`${fleet.namespace}/${cluster}`) === undefined,
      })),
      group: group.prefix,
      version: fleet.version,
    }
  }

  async #perform(scenario: string, step: Step): Promise<void> {
    const { client, profile } = this.#options
    const { namespace } = profile.fleet
    const group = groupOf(profile.fleet.clusters, step.cluster) ?? this.#temporary.get(step.cluster)
    const act = async (): Promise<void> => {
      switch (step.do) {
        case 'create-cluster': {
          if (this.#temporary.size >= temporaryMax) return
          const shape = groupOf(profile.fleet.clusters, step.group) as ClusterGroup
          this.#temporary.set(step.cluster, shape)
          return createCluster(client, profile, shape, step.cluster)
        }
        case 'delete-cluster':
          this.#temporary.delete(step.cluster)
          return client.delete(clusterKind, namespace, step.cluster).catch(ignoreMissing)
        case 'scale-workers':
          await client.patch(machineDeploymentKind, namespace, `${step.cluster}-md-0`, {
            spec: { replicas: (group?.workers ?? 0) + step.by },
          })
          return
        case 'scale-control-plane':
          await client.patch(controlPlaneKind, namespace, `${step.cluster}-control-plane`, {
            spec: { replicas: step.replicas },
          })
          return
        case 'upgrade':
          await client.patch(controlPlaneKind, namespace, `${step.cluster}-control-plane`, {
            spec: { version: step.version },
          })
          await client.patch(machineDeploymentKind, namespace, `${step.cluster}-md-0`, {
            spec: { template: { spec: { version: step.version } } },
          })
          return
        default:
          assertNever(step)
      }
    }
    await this.#journaled(scenario, step, act)
  }

  /** The problem, where it failed. */
  async #journaled(scenario: string, step: Step, act: () => Promise<void>): Promise<string | undefined> {
    const { record } = this.#options
    const { do: action, cluster: subject, ...rest } = step
    const detail = Object.entries(rest)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(', ')
    try {
      await act()
      record({ type: 'step', scenario, action, subject, outcome: 'done', ...(detail === '' ? {} : { detail }) })
      return undefined
    } catch (error) {
      const { message } = error as Error
      record({ type: 'step', scenario, action, subject, outcome: 'failed', detail: message })
      return message
    }
  }
}
