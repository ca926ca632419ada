/** What tables say of bindings. Source: k8s.io/kubernetes/pkg/printers/internalversion, printRoleBinding. */
import { ageColumn, computed, type Column } from '../columns.ts'
import type { KubeObject } from '../types.ts'

type Binding = KubeObject & {
  readonly roleRef?: { readonly kind?: string; readonly name?: string }
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[] | null
}

const subjects =
  (kind: string) =>
  (binding: Binding): string =>
    (binding.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace = '' }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
      .join(', ')

export const bindingColumns: readonly Column[] = [
  computed('Role', 'string', ({ roleRef }: Binding) => `${roleRef?.kind ?? ''}/${roleRef?.name ?? ''}`),
  ageColumn,
  computed('Users', 'string', subjects('User'), 1),
  computed('Groups', 'string', subjects('Group'), 1),
  computed('ServiceAccounts', 'string', subjects('ServiceAccount'), 1),
]
