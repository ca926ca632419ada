import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { configMapCauses } from '../rules/data.ts'

export const configMaps = builtIn({
  group: '',
  version: 'v1',
  resource: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
  shortNames: ['cm'],
  validate: configMapCauses,
  documented: {
    Data: 'core-v1.ConfigMap.data',
  },
  columns: [
    computed(
      'Data',
      'string',
      (map: KubeObject & { data?: object; binaryData?: object }) =>
        Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
    ),
    ageColumn,
  ],
})
