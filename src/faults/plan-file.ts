/** Loads a plan and refuses, with its place in the file, what the schema alone can't see. */
import { createHash } from 'node:crypto'
import { CronTime } from 'cron'
import { formatDuration } from '../base/units.ts'
import { nearest } from '../base/usage-error.ts'
import { YamlDocument, type Path } from '../base/yaml-document.ts'
import { faultKind, faultNames } from './catalogue.ts'
import { planSchema, type Fault, type FaultPlan, type Step, type TargetSelector } from './plan.ts'

export function loadPlan(file: string): FaultPlan {
  return readPlan(YamlDocument.read(file))
}

export function readPlan(document: YamlDocument): FaultPlan {
  const { metadata, spec } = document.check(planSchema)
  const hash = createHash('sha256').update(JSON.stringify(document.value)).digest('hex').slice(0, 12)
  const plan: FaultPlan = { ...spec, name: metadata.name, hash }
  new PlanCheck(document, plan).run()
  return plan
}

class PlanCheck {
  readonly #document: YamlDocument
  readonly #plan: FaultPlan

  constructor(document: YamlDocument, plan: FaultPlan) {
    this.#document = document
    this.#plan = plan
  }

  run(): void {
    const { targets, clients, faults, timeline, expect } = this.#plan
    this.#names()
    for (const [name, target] of Object.entries(targets)) this.#target(target, ['spec', 'targets', name])
    for (const [name, fault] of Object.entries(faults)) this.#fault(fault, ['spec', 'faults', name])
    timeline.forEach((step, index) => this.#step(step, ['spec', 'timeline', index]))
    expect.forEach((expectation, index) => {
      if ('effect' in expectation)
        this.#known(expectation.effect.fault, [...faultNames, ...Object.keys(faults)], 'fault', [
          'spec',
          'expect',
          index,
          'effect',
          'fault',
        ])
    })
    void clients
  }

  /** One name means one thing: a target, a client and a fault may not share it, nor take a fault kind's. */
  #names(): void {
    const seen = new Map<string, string>(faultNames.map((name) => [name, 'a fault kind']))
    for (const [section, what] of [
      ['targets', 'a target'],
      ['clients', 'a client'],
      ['faults', 'a fault'],
    ] as const) {
      for (const name of Object.keys(this.#plan[section])) {
        const other = seen.get(name)
        if (other !== undefined)
          throw this.#document.error(
            ['spec', section, name],
            `overlapping names: "${name}" is already ${other}`,
            'use another name',
            true,
          )
        seen.set(name, what)
      }
    }
  }

  #target(target: TargetSelector, path: Path): void {
    if (target.of !== undefined) this.#known(target.of, Object.keys(this.#plan.targets), 'target', [...path, 'of'])
    if (
      target.plane !== 'machine' &&
      (target.role !== undefined || target.machines !== undefined || target.of !== undefined)
    ) {
      throw this.#document.error(
        path,
        `plane ${target.plane} selects clusters; role, machines and of select machines`,
        'use plane: machine',
      )
    }
  }

  #fault(fault: Fault, path: Path): void {
    const { targets, clients, allow } = this.#plan
    const kind = faultKind(fault.kind)
    if (kind === undefined) return
    if (!allow.includes(kind.legality)) {
      throw this.#document.error(
        [...path, fault.kind],
        `${fault.kind} is ${kind.legality}, and this plan allows ${allow.join(', ')}`,
        `add ${kind.legality} to spec.allow if that is what you want`,
        true,
      )
    }
    if (typeof fault.target === 'string') this.#known(fault.target, Object.keys(targets), 'target', [...path, 'target'])
    else if (fault.target !== undefined) this.#target(fault.target, [...path, 'target'])
    const target = typeof fault.target === 'string' ? targets[fault.target] : fault.target
    if (kind.plane === 'machine' && target?.plane !== 'machine') {
      throw this.#document.error(
        path,
        `${fault.kind} strikes machines, and its target ${target === undefined ? 'is missing' : `is of plane ${target.plane}`}`,
        'give it a target of plane: machine',
      )
    }
    if (kind.plane !== 'machine' && target?.plane === 'machine') {
      throw this.#document.error(
        [...path, 'target'],
        `${fault.kind} strikes traffic, and its target is of plane machine`,
        'give it a target of plane: workload or management',
      )
    }
    if (kind.plane === 'machine' && fault.match !== undefined) {
      throw this.#document.error(
        [...path, 'match'],
        `${fault.kind} strikes machines; match selects requests`,
        'remove match',
        true,
      )
    }
    if (fault.match?.client !== undefined)
      this.#known(fault.match.client, Object.keys(clients), 'client', [...path, 'match', 'client'])
    if (fault.for !== undefined) this.#length(fault.for, [...path, 'for'])
  }

  #step(step: Step, path: Path): void {
    if ('inject' in step) {
      step.inject.forEach((fault, index) => {
        const at = [...path, 'inject', index]
        if (typeof fault === 'string') this.#known(fault, Object.keys(this.#plan.faults), 'fault', at)
        else this.#fault(fault, at)
        const own = typeof fault === 'string' ? this.#plan.faults[fault]?.for : fault.for
        if (step.for === undefined && own === undefined)
          throw this.#document.error(path, 'a fault that is injected needs an end', 'add for: 30s')
      })
      if (step.for !== undefined) this.#length(step.for, [...path, 'for'])
      step.parallel?.forEach((child, index) => this.#step(child, [...path, 'parallel', index]))
    } else if ('sequence' in step)
      step.sequence.forEach((child, index) => this.#step(child, [...path, 'sequence', index]))
    else if ('parallel' in step)
      step.parallel.forEach((child, index) => this.#step(child, [...path, 'parallel', index]))
    else if ('repeat' in step || 'cron' in step) {
      if ('cron' in step) this.#cron(step.cron, [...path, 'cron'])
      step.do.forEach((child, index) =>
        this.#step(child, step.do.length === 1 ? [...path, 'do'] : [...path, 'do', index]),
      )
    }
  }

  #cron(expression: string, path: Path): void {
    try {
      new CronTime(expression, 'UTC')
    } catch (cause) {
      throw this.#document.error(
        path,
        `not a cron schedule: "${expression}": ${(cause as Error).message}`,
        'write for example "*/5 * * * *"',
      )
    }
  }

  #length(ms: number, path: Path): void {
    const { maxFaultDuration } = this.#plan.safety
    if (ms <= maxFaultDuration) return
    throw this.#document.error(
      path,
      `${formatDuration(ms)} exceeds safety.maxFaultDuration, ${formatDuration(maxFaultDuration)}`,
      'shorten it, or raise spec.safety.maxFaultDuration',
    )
  }

  #known(name: string, names: readonly string[], what: string, path: Path): void {
    if (names.includes(name)) return
    const close = nearest(name, names)
    throw this.#document.error(
      path,
      `unknown ${what} "${name}"`,
      close === undefined
        ? `this plan has ${names.length === 0 ? 'none' : names.join(', ')}`
        : `did you mean "${close}"?`,
    )
  }
}
