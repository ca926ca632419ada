import { deepEqual } from '../../kube/object.ts'
import { invalidValue } from '../../kube/status.ts'
import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const controllerRevisions = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
  validate: (revision, before) =>
    before === undefined || deepEqual(revision['data'], before['data'])
      ? []
      : [invalidValue('data', revision['data'], 'field is immutable')],
  columns: [column('Revision', 'integer', '.revision'), ageColumn],
})
