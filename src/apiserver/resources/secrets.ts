import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { secretCauses } from '../rules/data.ts'
import { keyPairProblem } from '../rules/key-pair.ts'

type Secret = KubeObject & { data?: Record<string, string>; stringData?: Record<string, string>; type?: string }

/** `stringData` is write-only: it becomes `data`. */
function encodeStringData(object: KubeObject): KubeObject {
  const { stringData, ...secret } = object as Secret
  const data = Object.fromEntries(
    Object.entries(stringData ?? {}).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  )
  return {
    ...secret,
    ...(secret.data === undefined && stringData === undefined ? {} : { data: { ...secret.data, ...data } }),
    type: secret.type ?? 'Opaque',
  }
}

export const secrets = builtIn({
  group: '',
  version: 'v1',
  resource: 'secrets',
  kind: 'Secret',
  namespaced: true,
  fieldSelectors: { type: (secret) => (secret as Secret).type ?? '' },
  documented: {
    Type: 'core-v1.Secret.type',
    Data: 'core-v1.Secret.data',
  },
  columns: [
    column('Type', 'string', '.type'),
    computed('Data', 'string', (secret: Secret) => Object.keys(secret.data ?? {}).length),
    ageColumn,
  ],
  defaults: encodeStringData,
  validate: secretCauses,
  // Source: pkg/registry/core/secret, warningsForSecret.
  warn: (secret) => {
    const { type, data = {} } = secret as Secret
    const problem = type === 'kubernetes.io/tls' ? keyPairProblem(data['tls.crt'], data['tls.key']) : undefined
    return problem === undefined ? [] : [problem]
  },
})
