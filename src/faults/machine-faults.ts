/** Carries out machine faults on the infrastructure, and writes down which machine was struck and healed when. */
import type { Journal } from '../journal/journal.ts'
import type { Incident } from './engine.ts'
import type { MachineFaultKind } from './fault-kind.ts'
import type { Infrastructure, MachineFacts } from './infrastructure.ts'

export function machineStriker(
  infrastructure: Infrastructure,
  journal: Journal,
): (incident: Incident, hit: (machine: MachineFacts) => boolean) => () => void {
  return (incident, hit) => {
    const { impairment, onBoot } = incident.kind as MachineFaultKind<unknown>
    const struck: { machine: MachineFacts; handle: Disposable }[] = []
    const strike = (machine: MachineFacts): void => {
      if (!hit(machine)) return
      struck.push({ machine, handle: infrastructure.impair(machine, impairment) })
      journal.record({
        type: 'machine.impaired',
        incident: incident.id,
        cluster: machine.cluster,
        machine: machine.name,
        impairment,
      })
    }
    const clusters = new Set(incident.clusters)
    const boots =
      onBoot === true ? infrastructure.onBoot((machine) => clusters.has(machine.cluster) && strike(machine)) : undefined
    if (onBoot !== true) for (const machine of incident.machines) strike(machine)
    return () => {
      boots?.[Symbol.dispose]()
      for (const { machine, handle } of struck) {
        handle[Symbol.dispose]()
        journal.record({
          type: 'machine.healed',
          incident: incident.id,
          cluster: machine.cluster,
          machine: machine.name,
          impairment,
        })
      }
    }
  }
}
