import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const controllerRevisions = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,

  columns: [column('Revision', 'integer', '.revision'), ageColumn],
})
