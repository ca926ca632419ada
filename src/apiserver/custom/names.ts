/**
 * Whose names are whose: two definitions of one group don't share any. Source:
 * k8s.io/apiextensions-apiserver/pkg/controller/status/naming_controller.go.
 */
import { aggregated } from '../../kube/status.ts'
import type { CustomResourceDefinition } from './definition-of.ts'

export type Names = CustomResourceDefinition['spec']['names']

export interface Acceptance {
  /** What of the wanted names the definition has; those it had before where the wanted ones are others'. */
  readonly names: Partial<Names>
  readonly reason: string
  readonly message: string
}

const resourcesOf = ({ plural, singular, shortNames = [] }: Partial<Names>): (string | undefined)[] => [
  plural,
  singular,
  ...shortNames,
]

/** `others` are the accepted names of the group's other definitions. */
export function acceptanceOf(wanted: Names, before: Partial<Names>, others: readonly Partial<Names>[]): Acceptance {
  const resources = new Set(others.flatMap(resourcesOf))
  const kinds = new Set(others.flatMap(({ kind, listKind }) => [kind, listKind]))
  const own = new Set([before.kind, before.listKind, ...resourcesOf(before)])
  const inUse = (taken: ReadonlySet<string | undefined>, name: string | undefined): string[] =>
    name !== undefined && taken.has(name) && !own.has(name) ? [`${JSON.stringify(name)} is already in use`] : []
  const conflicts: Record<keyof Names, string[]> = {
    plural: inUse(resources, wanted.plural),
    singular: inUse(resources, wanted.singular),
    shortNames: (wanted.shortNames ?? []).flatMap((name) => inUse(resources, name)),
    kind: inUse(kinds, wanted.kind),
    listKind: inUse(kinds, wanted.listKind),
    categories: [],
  }
  const names = Object.fromEntries(
    Object.entries(conflicts)
      .map(([field, problems]) => [field, (problems.length === 0 ? wanted : before)[field as keyof Names]] as const)
      .filter(([, name]) => name !== undefined),
  ) as Partial<Names>
  const last = Object.entries(conflicts)
    .filter(([, problems]) => problems.length > 0)
    .at(-1)
  if (last === undefined) return { names, reason: 'NoConflicts', message: 'no conflicts found' }
  const [field, problems] = last
  return {
    names,
    reason: `${field.charAt(0).toUpperCase()}${field.slice(1)}Conflict`,
    message: aggregated(problems),
  }
}
