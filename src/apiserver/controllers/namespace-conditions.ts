/** What a namespace says of itself while it goes. Source: kubernetes/pkg/controller/namespace/deletion, status_condition_utils.go. */

/** What is still there, and what holds it. */
export interface Content {
  /** `machines.cluster.x-k8s.io` and how many of them. */
  readonly resources: ReadonlyMap<string, number>
  readonly finalizers: ReadonlyMap<string, number>
}

export interface NamespaceCondition {
  readonly type: string
  readonly status: string
  readonly lastTransitionTime?: string
  readonly reason?: string
  readonly message?: string
}

type Outcome = Pick<NamespaceCondition, 'status' | 'reason' | 'message'>

const fine: Readonly<Record<string, readonly [reason: string, message: string]>> = {
  NamespaceDeletionDiscoveryFailure: ['ResourcesDiscovered', 'All resources successfully discovered'],
  NamespaceDeletionGroupVersionParsingFailure: ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
  NamespaceDeletionContentFailure: [
    'ContentDeleted',
    'All content successfully deleted, may be waiting on finalization',
  ],
  NamespaceContentRemaining: ['ContentRemoved', 'All content successfully removed'],
  NamespaceFinalizersRemaining: ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
}

const listed = (counts: ReadonlyMap<string, number>, verb: string): string =>
  [...counts]
    .map(([name, count]) => `${name} ${verb} ${count} resource instances`)
    .sort()
    .join(', ')

function problems({ resources, finalizers }: Content): Readonly<Record<string, Outcome>> {
  const remain = (reason: string, message: string): Outcome => ({ status: 'True', reason, message })
  return {
    ...(resources.size === 0
      ? {}
      : {
          NamespaceContentRemaining: remain(
            'SomeResourcesRemain',
            `Some resources are remaining: ${listed(resources, 'has')}`,
          ),
        }),
    ...(finalizers.size === 0
      ? {}
      : {
          NamespaceFinalizersRemaining: remain(
            'SomeFinalizersRemain',
            `Some content in the namespace has finalizers remaining: ${listed(finalizers, 'in')}`,
          ),
        }),
  }
}

/** `content` absent: nobody has looked yet, and all is said to be fine. */
export function namespaceConditions(
  before: readonly NamespaceCondition[],
  content: Content | undefined,
  now: string,
): NamespaceCondition[] {
  const found = content === undefined ? {} : problems(content)
  const ours = Object.entries(fine).map(([type, [reason, message]]) => {
    const old = before.find((condition) => condition.type === type)
    const outcome = found[type] ?? { status: 'False', reason, message }
    return {
      type,
      lastTransitionTime: old?.status === outcome.status ? (old.lastTransitionTime ?? now) : now,
      ...outcome,
    }
  })
  return [...before.filter(({ type }) => fine[type] === undefined), ...ours]
}
