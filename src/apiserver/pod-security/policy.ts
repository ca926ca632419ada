/**
 * How careful the pods of a namespace have to be, as its labels say. Source: k8s.io/pod-security-admission/api/helpers.go.
 */
import { invalidValue, type StatusCause } from '../../kube/status.ts'

export const levels = ['privileged', 'baseline', 'restricted'] as const
export type Level = (typeof levels)[number]

/** A level as it was in some minor version of Kubernetes; Infinity stands for the latest. */
export interface LevelVersion {
  readonly level: Level
  readonly minor: number
}

/** What is refused, what the audit log hears of, and what a client is warned of. */
export interface Policy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
}

type Labels = Readonly<Record<string, string>>
type Cause = Required<StatusCause>

const prefix = 'pod-security.kubernetes.io/'
const modes = ['enforce', 'audit', 'warn'] as const
const anything: LevelVersion = { level: 'privileged', minor: Infinity }

/** `restricted:latest` */
export const printed = ({ level, minor }: LevelVersion): string =>
  `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`

export const isStricter = (one: Level, other: Level): boolean => levels.indexOf(one) > levels.indexOf(other)

export const isSame = (one: LevelVersion, other: LevelVersion): boolean => printed(one) === printed(other)

/** Labels that say nothing of it, as those of most namespaces. */
export const isUnlabelled = (labels: Labels = {}): boolean =>
  Object.keys(labels).every((key) => !key.startsWith(prefix))

/** What labels ask for. One that can't be read asks for most of those who enforce, for nothing of the others. */
export function policyOf(labels: Labels = {}): Policy {
  const read = (mode: (typeof modes)[number]): LevelVersion => {
    const { [`${prefix}${mode}`]: said, [`${prefix}${mode}-version`]: version } = labels
    const unread = mode === 'enforce' ? 'restricted' : 'privileged'
    const level = said === undefined ? anything.level : (levelOf(said) ?? unread)
    return { level, minor: version === undefined ? anything.minor : (minorOf(version) ?? Infinity) }
  }
  const [enforce, audit, warn] = modes.map(read) as [LevelVersion, LevelVersion, LevelVersion]
  const { [`${prefix}enforce`]: enforced, [`${prefix}warn`]: warned, [`${prefix}warn-version`]: version } = labels
  // Who is refused something is warned where a template asks for it, unless it is said otherwise.
  const follows = warned === undefined && levelOf(enforced ?? '') !== undefined && isStricter(enforce.level, warn.level)
  if (!follows) return { enforce, audit, warn }
  return { enforce, audit, warn: { level: enforce.level, minor: version === undefined ? enforce.minor : warn.minor } }
}

/** What is wrong with labels. */
export const labelCauses = (labels: Labels = {}): Cause[] =>
  modes.flatMap((mode) => [
    ...problem(labels, `${prefix}${mode}`, levelOf, `must be one of ${levels.join(', ')}`),
    ...problem(labels, `${prefix}${mode}-version`, minorOf, 'must be "latest" or "v1.x"'),
  ])

function problem(labels: Labels, label: string, read: (text: string) => unknown, text: string): Cause[] {
  const { [label]: value } = labels
  return value === undefined || read(value) !== undefined
    ? []
    : [invalidValue(`metadata.labels[${label}]`, value, text)]
}

const levelOf = (text: string): Level | undefined => levels.find((level) => level === text)

function minorOf(text: string): number | undefined {
  if (text === 'latest') return Infinity
  const [, minor] = /^v1\.(0|[1-9]\d*)$/.exec(text) ?? []
  return minor === undefined ? undefined : Number(minor)
}
