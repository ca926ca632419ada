import { token } from '../subresources/token.ts'
import { builtIn } from '../definition.ts'

export const serviceAccounts = builtIn({
  group: '',
  version: 'v1',
  resource: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['sa'],
  subresources: { token },
})
