/** A soak profile: which fleet, how it is churned, how long each phase lasts, what decides. */
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { duration } from '../base/schema.ts'
import { scenarioCatalogue } from './scenarios/catalogue.ts'
import { strict, YamlDocument } from '../base/yaml-document.ts'
import { defined } from '../kube/object.ts'

const startup = strict(
  z.strictObject({
    vm: duration.default(10_000),
    node: duration.default(2_000),
    apiServer: duration.default(2_000),
    etcd: duration.default(2_000),
    jitter: z.number().min(0).max(10).default(0.2),
  }),
)

const healthCheck = strict(
  z.strictObject({
    nodeStartupTimeout: duration.default(600_000),
    notReadyTimeout: duration.default(300_000),
    unhealthyLessThanOrEqualTo: z
      .union([z.int(), z.string().regex(/^\d+%$/, 'write a number or a percentage like "40%"')])
      .optional(),
    unhealthyInRange: z
      .string()
      .regex(/^\[\d+-\d+\]$/, 'write a range like "[1-3]"')
      .optional(),
  }),
)

const clusterGroup = strict(
  z.strictObject({
    prefix: z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 'a lower-case name'),
    count: z.int().min(0).max(10_000),
    controlPlane: z.union([z.literal(1), z.literal(3), z.literal(5)]),
    workers: z.int().min(0).max(1_000),
    labels: z.record(z.string(), z.string()).default({}),
  }),
)

const scenario = strict(
  z.strictObject({
    scenario: z.enum(scenarioCatalogue.map(({ name }) => name)),
    /** Clusters it works on: a prefix, or one name. create-delete copies their shape. */
    on: z.string(),
    every: duration,
    startAfter: duration.default(0),
  }),
)

const timers = strict(
  z.strictObject({
    reconcileGate: duration.optional(),
    healthCheckGate: duration.optional(),
    probeInterval: duration.optional(),
    probeTimeout: duration.optional(),
    probeFailures: z.int().min(1).optional(),
    reconnectInterval: duration.optional(),
    clientTimeout: duration.optional(),
    watchTimeout: duration.optional(),
    remoteConnectionGrace: duration.optional(),
    remoteConditionsGrace: duration.optional(),
    controlPlaneRetry: duration.optional(),
    controlPlanePreflight: duration.optional(),
    machineSetPreflight: duration.optional(),
    clusterDeletion: duration.optional(),
    drainRetry: duration.optional(),
    nodeDeletionTimeout: duration.optional(),
  }),
)

const gate = z.enum(['required', 'report'])

const profileSchema = strict(
  z.strictObject({
    apiVersion: z.literal('capstorm.dev/v1alpha1'),
    kind: z.literal('SoakProfile'),
    metadata: strict(
      z.strictObject({ name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'a lower-case name with dashes') }),
    ),
    spec: strict(
      z.strictObject({
        plan: z.string(),
        fleet: strict(
          z.strictObject({
            namespace: z.string().default('default'),
            version: z.string().regex(/^v\d+\.\d+\.\d+$/, 'a Kubernetes version like v1.35.0'),
            clusters: z.array(clusterGroup).min(1, 'an empty fleet'),
            startup: startup.prefault({}),
            healthChecks: strict(
              z.strictObject({ controlPlane: healthCheck.prefault({}), workers: healthCheck.prefault({}) }),
            ).prefault({}),
          }),
        ),
        timers: timers.default({}),
        nodes: strict(
          z.strictObject({
            leaseRenewInterval: duration.optional(),
            statusReportInterval: duration.optional(),
            monitorGrace: duration.optional(),
          }),
        ).default({}),
        churn: z.array(scenario).default([]),
        phases: strict(
          z.strictObject({
            warmUp: strict(z.strictObject({ within: duration })),
            faults: strict(z.strictObject({ for: duration })),
            /** Converged for `hold` within `within`; with --duration a cycle starts every `cycleEvery`. */
            quiet: strict(z.strictObject({ within: duration, hold: duration, cycleEvery: duration.default(600_000) })),
            drain: strict(z.strictObject({ within: duration })),
          }),
        ),
        gates: strict(
          z.strictObject({
            invariants: gate.default('required'),
            recovery: gate.default('required'),
            leak: gate.default('required'),
            expectations: gate.default('required'),
          }),
        ).prefault({}),
      }),
    ),
  }),
)

export type SoakProfile = z.output<typeof profileSchema>['spec'] & {
  readonly name: string
  readonly planFile: string
  readonly file: string
}
export type ClusterGroup = z.output<typeof clusterGroup>
export type HealthCheckSettings = z.output<typeof healthCheck>

/** Reads a profile; the plan's path is relative to it. */
export function loadProfile(file: string): SoakProfile {
  const document = YamlDocument.read(file)
  const { metadata, spec } = document.check(profileSchema)
  const prefixes = spec.fleet.clusters.map((group) => group.prefix)
  prefixes.forEach((prefix, index) => {
    const earlier = prefixes.findIndex((other, at) => at !== index && prefix.startsWith(other))
    if (earlier >= 0 && earlier !== index)
      throw document.error(
        ['spec', 'fleet', 'clusters', index, 'prefix'],
        `overlapping names: "${prefix}" begins with the prefix "${prefixes[earlier]}"`,
        'use prefixes of which none begins with another',
      )
  })
  spec.churn.forEach((entry, index) => {
    if (groupOf(spec.fleet.clusters, entry.on) === undefined)
      throw document.error(
        ['spec', 'churn', index, 'on'],
        `unknown cluster or prefix "${entry.on}"`,
        `this fleet has ${prefixes.join(', ')}`,
      )
  })
  return { ...spec, name: metadata.name, file, planFile: resolve(dirname(file), spec.plan) }
}

/** The profile's settings over the real defaults. */
export function settingsOver<T extends object>(defaults: T, given: { readonly [K in keyof T]?: T[K] | undefined }): T {
  return { ...defaults, ...defined(given) }
}

/** The group that a prefix or a cluster's name belongs to. */
export function groupOf(groups: readonly ClusterGroup[], name: string): ClusterGroup | undefined {
  return groups.find(
    ({ prefix, count }) =>
      name === prefix || Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`).includes(name),
  )
}
