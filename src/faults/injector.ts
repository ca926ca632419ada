/** The runner's port onto a live engine: resolves targets, arms incidents, evaluates probes, writes the journal. */
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Journal } from '../journal/journal.ts'
import { faultKind } from './catalogue.ts'
import type { FaultControl } from './control.ts'
import type { FaultKind } from './fault-kind.ts'
import type { Infrastructure } from './infrastructure.ts'
import type { FaultPlan } from './plan.ts'
import { evaluateProbe, probeName, type ProbeSource } from './probe.ts'
import type { Injector } from './runner.ts'
import { resolveTarget } from './targets.ts'

export interface EngineInjectorOptions {
  readonly plan: FaultPlan
  readonly control: FaultControl
  readonly infrastructure: Pick<Infrastructure, 'clusters' | 'machines'>
  readonly probes: ProbeSource
  readonly random: Random
  readonly journal: Journal
  readonly clock: Clock
}

export function engineInjector({
  plan,
  control,
  infrastructure,
  probes,
  random,
  journal,
}: EngineInjectorOptions): Injector {
  return {
    inject(fault, { id, fault: place }) {
      const kind = faultKind(fault.kind) as FaultKind
      const { clusters, machines } = resolveTarget(plan, fault.target, infrastructure, random, id)
      const empty = kind.plane === 'machine' && !('onBoot' in kind) ? machines.length === 0 : clusters.length === 0
      if (empty) {
        if (plan.safety.emptyTarget === 'fail')
          journal.record({
            type: 'fault.refused',
            incident: id,
            kind: kind.kind,
            message: 'its target selects nothing',
          })
        return undefined
      }
      const streams =
        (fault.spec as { streams?: 'new' | 'existing' | 'both' }).streams ?? fault.match?.streams ?? 'both'
      control.arm({
        id,
        fault: place,
        kind: kind.kind,
        spec: fault.spec,
        clusters,
        machines,
        match: fault.match,
        clients: plan.clients,
        protect: plan.safety.protect,
        streams,
        sample: fault.sample,
        priority: fault.priority,
        lease: plan.safety.lease,
      })
      return { renew: () => control.renew(id), heal: (reason) => control.heal(id, reason) }
    },
    async probe(probe) {
      const { outcome, detail } = await evaluateProbe(probe, probes)
      journal.record({ type: 'probe', probe: probeName(probe), outcome, detail })
      return outcome
    },
    trigger: (step, fired) => void journal.record({ type: 'plan.trigger', step, fired }),
    mark: (label) => void journal.record({ type: 'plan.mark', label }),
    healAll: () => control.healAll('heal'),
  }
}
