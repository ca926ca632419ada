/** The fault-plan language: what a plan file may say, as types and as the schema that refuses everything else. */
import { z } from 'zod'
import { duration, fraction } from '../base/schema.ts'
import { nearest } from '../base/usage-error.ts'
import { strict } from '../base/yaml-document.ts'
import { verbs } from '../kube/request.ts'
import { faultKind, faultNames } from './catalogue.ts'

const names = z.array(z.string()).min(1)
const labels = z.record(z.string(), z.string())

const pick = z.union([
  strict(z.strictObject({ all: z.literal(true) })),
  strict(z.strictObject({ count: z.int().min(1, 'an empty selection: count must be at least 1') })),
  strict(z.strictObject({ percent: z.union([z.string(), z.number()]).transform(readPercent) })),
  strict(z.strictObject({ atMost: z.int().min(1, 'an empty selection: atMost must be at least 1') })),
])

/** `percent` is a number of percent, or text with a percent sign; a bare `"20"` is neither. */
function readPercent(value: string | number, context: z.core.$RefinementCtx): number {
  const percent = typeof value === 'number' ? value : /^\d+(\.\d+)?%$/.test(value) ? Number(value.slice(0, -1)) : NaN
  if (percent > 0 && percent <= 100) return percent
  context.addIssue(
    percent === 0
      ? 'an empty selection: percent must be above 0'
      : `not a percentage: ${JSON.stringify(value)}; write "20%"`,
  )
  return z.NEVER
}

const target = strict(
  z.strictObject({
    plane: z.enum(['management', 'workload', 'machine']),
    /** Restricts machines to the clusters of another target. */
    of: z.string().optional(),
    role: z.enum(['control-plane', 'worker']).optional(),
    clusters: strict(
      z.strictObject({ names: names.optional(), namespaces: names.optional(), labels: labels.optional() }),
    ).optional(),
    machines: strict(
      z.strictObject({ role: z.enum(['control-plane', 'worker']).optional(), labels: labels.optional() }),
    ).optional(),
    pick: pick.default({ all: true }),
    /** `percent` of machines is taken of each cluster by itself. */
    perCluster: z.boolean().default(false),
    stable: z.boolean().default(true),
  }),
)

const client = strict(z.strictObject({ userAgent: z.string().optional(), fieldManager: z.string().optional() }))

const match = strict(
  z.strictObject({
    client: z.string().optional(),
    verbs: z
      .array(z.enum([...verbs, 'read', 'write', '*']))
      .min(1)
      .optional(),
    resources: names.optional(),
    namespaces: names.optional(),
    names: names.optional(),
    streams: z.enum(['new', 'existing', 'both']).default('both'),
  }),
)

const sample = strict(
  z.strictObject({
    rate: fraction.optional(),
    unit: z.enum(['request', 'connection', 'stream', 'object']).optional(),
    first: z.int().min(1).optional(),
    every: z.int().min(1).optional(),
    after: z.int().min(0).optional(),
    max: z.int().min(1).optional(),
  }),
)

const safety = strict(
  z.strictObject({
    lease: duration.default(15_000),
    maxFaultDuration: duration.default(600_000),
    maxRunTime: duration.optional(),
    maxTargets: fraction.default(1),
    maxConcurrentFaults: z.int().min(1).default(8),
    minEffect: z.int().min(0).default(1),
    emptyTarget: z.enum(['fail', 'skip']).default('fail'),
    protect: z
      .array(
        strict(
          z.strictObject({
            resources: names.optional(),
            namespaces: names.optional(),
            names: names.optional(),
            userAgents: names.optional(),
          }),
        ),
      )
      .default([]),
  }),
)

const k8sProbe = strict(
  z.strictObject({
    gvr: z.string(),
    cluster: z.string().default('management'),
    namespace: z.string().optional(),
    name: z.string().optional(),
    labels: labels.optional(),
    exists: z.boolean().optional(),
    count: z
      .union([z.int(), z.string().regex(/^(>|>=|<|<=|==|!=) ?\d+$/, 'a count is a number or a comparison like "> 3"')])
      .optional(),
    condition: strict(
      z.strictObject({ type: z.string(), status: z.enum(['True', 'False', 'Unknown']).default('True') }),
    ).optional(),
  }),
)

const probe = strict(z.strictObject({ name: z.string().optional(), k8s: k8sProbe, every: duration.default(1000) }))

const expectation = z.union([
  strict(
    z.strictObject({
      recover: strict(
        z.strictObject({
          probe: z.union([z.literal('steadyState'), probe]),
          within: duration,
          derive: z.literal('auto').optional(),
        }),
      ),
    }),
  ),
  strict(z.strictObject({ eventually: probe, within: duration })),
  strict(z.strictObject({ never: probe })),
  strict(z.strictObject({ effect: strict(z.strictObject({ fault: z.string(), atLeast: z.int().min(1) })) })),
])

/** One fault as a plan writes it: the kind's name is the key of its parameters. */
const fault = z.record(z.string(), z.unknown()).transform((given, context): Fault => {
  const kinds = Object.keys(given).filter((key) => !faultOptions.has(key))
  const [kind = ''] = kinds
  if (kinds.length !== 1) {
    context.addIssue(
      kinds.length === 0
        ? 'a fault needs one kind, for example latency: {delay: 250ms}'
        : `a fault has exactly one kind, got ${kinds.join(' and ')}`,
    )
    return z.NEVER
  }
  const definition = faultKind(kind)
  if (definition === undefined) {
    const close = nearest(kind, [...faultNames, ...faultOptions])
    context.issues.push({
      code: 'custom',
      message: `unknown fault "${kind}"${close === undefined ? `; valid: ${faultNames.join(', ')}` : `; did you mean "${close}"?`}`,
      path: [kind],
      input: given,
    })
    return z.NEVER
  }
  const options = strict(
    z.strictObject({
      target: z.union([z.string(), target]).optional(),
      match: match.optional(),
      sample: sample.optional(),
      priority: z.int().default(0),
      for: duration.optional(),
    }),
  ).safeParse(Object.fromEntries(Object.entries(given).filter(([key]) => key !== kind)))
  const spec = definition.schema.safeParse(given[kind] ?? {})
  for (const issue of options.error?.issues ?? []) context.issues.push({ ...issue, input: given } as never)
  for (const issue of spec.error?.issues ?? [])
    context.issues.push({ ...issue, path: [kind, ...issue.path], input: given } as never)
  if (!options.success || !spec.success) return z.NEVER
  return { kind, spec: spec.data, ...options.data }
})

const faultOptions: ReadonlySet<string> = new Set(['target', 'match', 'sample', 'priority', 'for'])

export type TargetSelector = z.output<typeof target>
export type ClientSelector = z.output<typeof client>
export type RequestMatch = z.output<typeof match>
export type Sample = z.output<typeof sample>
export type Safety = z.output<typeof safety>
export type Probe = z.output<typeof probe>
export type Expectation = z.output<typeof expectation>

export interface Fault {
  readonly kind: string
  readonly spec: unknown
  readonly target?: string | TargetSelector | undefined
  readonly match?: RequestMatch | undefined
  readonly sample?: Sample | undefined
  readonly priority: number
  readonly for?: number | undefined
}

export type Step =
  | {
      readonly inject: readonly (string | Fault)[]
      readonly for?: number | undefined
      readonly parallel?: readonly Step[] | undefined
    }
  | { readonly sequence: readonly Step[] }
  | { readonly parallel: readonly Step[] }
  | {
      readonly repeat: {
        readonly times?: number | undefined
        readonly for?: number | undefined
        readonly every: number
        readonly jitter: number
      }
      readonly do: readonly Step[]
    }
  | {
      readonly cron: string
      readonly concurrency: 'forbid' | 'allow' | 'replace'
      readonly for?: number | undefined
      readonly do: readonly Step[]
    }
  | { readonly wait: number }
  | { readonly waitFor: Probe; readonly timeout: number }
  | { readonly heal: true }
  | { readonly mark: string }

const steps = z.lazy(() => z.array(step).min(1))
const oneOrMore = z.lazy(() => z.union([z.array(step).min(1), step.transform((one) => [one])]))

const stepSchemas = {
  inject: strict(
    z.strictObject({
      inject: z.array(z.union([z.string(), fault])).min(1, 'an empty selection: inject at least one fault'),
      for: duration.optional(),
      parallel: steps.optional(),
    }),
  ),
  sequence: strict(z.strictObject({ sequence: steps })),
  repeat: strict(
    z.strictObject({
      repeat: strict(
        z.strictObject({
          times: z.int().min(1).optional(),
          for: duration.optional(),
          every: duration,
          jitter: duration.default(0),
        }),
      ).refine(
        (repeat) => (repeat.times === undefined) !== (repeat.for === undefined),
        'repeat needs either times or for',
      ),
      do: oneOrMore,
    }),
  ),
  cron: strict(
    z.strictObject({
      cron: z.string(),
      concurrency: z.enum(['forbid', 'allow', 'replace']).default('forbid'),
      for: duration.optional(),
      do: oneOrMore,
    }),
  ),
  wait: strict(z.strictObject({ wait: duration })),
  waitFor: strict(z.strictObject({ waitFor: probe, timeout: duration })),
  heal: strict(z.strictObject({ heal: z.literal(true) })),
  mark: strict(z.strictObject({ mark: z.string().min(1) })),
  parallel: strict(z.strictObject({ parallel: steps })),
} as const

/** The step's kind is the first known key it has; then only that kind's schema complains. */
const step: z.ZodType<Step> = z
  .union([z.literal('heal').transform(() => ({ heal: true })), z.record(z.string(), z.unknown())])
  .transform((given, context): Step => {
    const keys = Object.keys(given)
    const kind = (Object.keys(stepSchemas) as (keyof typeof stepSchemas)[]).find((key) => keys.includes(key))
    if (kind === undefined) {
      const [first = ''] = keys
      const close = nearest(first, Object.keys(stepSchemas))
      context.issues.push({
        code: 'custom',
        message: `unknown step "${first}"${close === undefined ? `; valid: ${Object.keys(stepSchemas).join(', ')}` : `; did you mean "${close}"?`}`,
        path: [first],
        input: given,
      })
      return z.NEVER
    }
    const result = (stepSchemas[kind] as z.ZodType<Step>).safeParse(given)
    if (result.success) return result.data
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: given } as never)
    return z.NEVER
  })

export const planSchema = strict(
  z.strictObject({
    apiVersion: z.literal('capstorm.dev/v1alpha1'),
    kind: z.literal('FaultPlan'),
    metadata: strict(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'a lower-case name with dashes'),
        labels: labels.optional(),
      }),
    ),
    spec: strict(
      z.strictObject({
        seed: z.union([z.int().min(0), z.literal('random')]).default('random'),
        allow: z.array(z.enum(['legal', 'ambient', 'operator', 'illegal'])).default(['legal', 'ambient']),
        targets: z.record(z.string(), target).default({}),
        clients: z.record(z.string(), client).default({}),
        safety: safety.prefault({}),
        steadyState: z.array(probe).default([]),
        faults: z.record(z.string(), fault).default({}),
        timeline: z.array(step).min(1, 'an empty timeline does nothing'),
        heal: strict(z.strictObject({ within: duration })).default({ within: 300_000 }),
        expect: z.array(expectation).default([]),
      }),
    ),
  }),
)

export type PlanFile = z.output<typeof planSchema>
export type FaultPlan = PlanFile['spec'] & { readonly name: string; readonly hash: string }
