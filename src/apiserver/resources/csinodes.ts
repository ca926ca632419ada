import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { changedDriverCauses, nodeDriverCauses, type NodeDriver } from '../rules/csi.ts'

const driversOf = ({ spec }: KubeObject): readonly NodeDriver[] =>
  (spec as { drivers?: NodeDriver[] | null } | undefined)?.drivers ?? []

export const csiNodes = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csinodes',
  kind: 'CSINode',
  namespaced: false,
  lockedUpdates: true,
  returnsDeleted: true,
  validate: (node, before) => [
    ...nodeDriverCauses(driversOf(node)),
    ...(before === undefined ? [] : changedDriverCauses(driversOf(node), driversOf(before))),
  ],
  documented: {
    Drivers: 'Drivers indicates the number of CSI drivers registered on the node',
  },
  columns: [computed('Drivers', 'integer', (node: KubeObject) => driversOf(node).length), ageColumn],
})
