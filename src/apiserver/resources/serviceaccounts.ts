import { token } from '../subresources/token.ts'
import { builtIn, type KubeObject } from '../definition.ts'

/** Of the secrets only the names are kept. */
const withNames = (account: KubeObject): KubeObject =>
  Array.isArray(account['secrets'])
    ? {
        ...account,
        secrets: (account['secrets'] as { name?: string }[]).map(({ name }) => (name === undefined ? {} : { name })),
      }
    : account

const enforced = 'kubernetes.io/enforce-mountable-secrets'

export const serviceAccounts = builtIn({
  group: '',
  version: 'v1',
  resource: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['sa'],
  complete: withNames,
  keeps: withNames,
  subresources: { token },
  warn: ({ metadata }, before) =>
    metadata.annotations?.[enforced] !== undefined && before?.metadata.annotations?.[enforced] === undefined
      ? [
          `metadata.annotations[${enforced}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ]
      : [],
})
