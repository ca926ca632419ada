import { builtIn } from '../definition.ts'

export const volumeAttachments = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattachments',
  kind: 'VolumeAttachment',
  namespaced: false,
  status: true,
})
