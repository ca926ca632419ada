import { isRecord } from '../../kube/object.ts'
import { required, type StatusCause } from '../../kube/status.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { immutable } from '../rules/causes.ts'
import { nonNegative } from '../rules/numbers.ts'

/** `statefulset.apps/web`: whose revision it is. */
function controller({ metadata: { ownerReferences = [] } }: KubeObject): string {
  const owner = ownerReferences.find((each) => each.controller === true)
  if (owner === undefined) return '<none>'
  const [group = ''] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : []
  return `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`
}

function dataCauses(data: unknown): Required<StatusCause>[] {
  if (data === undefined || data === null) return [required('data', 'data is mandatory')]
  return isRecord(data) ? [] : [required('data', 'data must be a valid JSON object')]
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
    ...(before === undefined ? dataCauses(revision['data']) : immutable('data', revision['data'], before['data'])),
  ],
  documented: {
    Revision: 'apps-v1.ControllerRevision.revision',
    Controller: 'Controller of the object',
  },
  columns: [
    computed('Controller', 'string', controller),
    { ...column('Revision', 'string', '.revision'), value: ({ revision = 0 }: { revision?: number }) => revision },
    ageColumn,
  ],
})
