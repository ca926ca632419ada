import { deepEqual } from '../../kube/object.ts'
import { invalidValue, required } from '../../kube/status.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { nonNegative } from '../rules/numbers.ts'

/** `statefulset.apps/web`: whose revision it is. */
function controller({ metadata: { ownerReferences = [] } }: KubeObject): string {
  const owner = ownerReferences.find((each) => each.controller === true)
  if (owner === undefined) return '<none>'
  const [group = ''] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : []
  return `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`
}

export const controllerRevisions = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
  // Source: k8s.io/kubernetes/pkg/apis/apps/validation, ValidateControllerRevision.
  validate: (revision, before) => [
    ...nonNegative('revision', revision['revision']),
    ...(revision['data'] === undefined || revision['data'] === null ? [required('data', 'data is mandatory')] : []),
    ...(before === undefined || deepEqual(revision['data'], before['data'])
      ? []
      : [invalidValue('data', revision['data'], 'field is immutable')]),
  ],
  columns: [
    computed('Controller', 'string', controller),
    { ...column('Revision', 'string', '.revision'), value: ({ revision = 0 }: { revision?: number }) => revision },
    ageColumn,
  ],
})
