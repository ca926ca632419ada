import { column, computed } from '../columns.ts'
import { invalidValue } from '../../kube/status.ts'
import { builtIn, type KubeObject } from '../definition.ts'

type Event = KubeObject &
  Record<string, unknown> & { involvedObject?: Record<string, string>; source?: { component?: string } }

const involved = (field: string) => (event: KubeObject) => (event as Event).involvedObject?.[field] ?? ''
const own = (field: 'reason' | 'type' | 'reportingComponent') => (event: KubeObject) =>
  ((event as Event)[field] as string | undefined) ?? ''

export const events = builtIn({
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  fieldSelectors: {
    'involvedObject.kind': involved('kind'),
    'involvedObject.namespace': involved('namespace'),
    'involvedObject.name': involved('name'),
    'involvedObject.uid': involved('uid'),
    'involvedObject.apiVersion': involved('apiVersion'),
    'involvedObject.resourceVersion': involved('resourceVersion'),
    'involvedObject.fieldPath': involved('fieldPath'),
    reason: own('reason'),
    type: own('type'),
    reportingComponent: own('reportingComponent'),
    source: (event) => (event as Event).source?.component ?? '',
  },
  validate: (event) => {
    const { namespace = '' } = (event as Event).involvedObject ?? {}
    const expected = namespace === '' ? 'default' : namespace // of what has no namespace
    return expected === event.metadata.namespace
      ? []
      : [invalidValue('involvedObject.namespace', namespace, 'does not match event.namespace')]
  },
  columns: [
    column('Last Seen', 'date', '.lastTimestamp'),
    column('Type', 'string', '.type'),
    column('Reason', 'string', '.reason'),
    computed(
      'Object',
      'string',
      (event: Event) =>
        `${(event.involvedObject?.['kind'] ?? '').toLowerCase()}/${event.involvedObject?.['name'] ?? ''}`,
    ),
    column('Message', 'string', '.message'),
  ],
})
