import { builtIn } from '../definition.ts'
import { eventCauses, eventColumns, ownField, referenceSelectors, type Event } from '../rules/event.ts'

export const events = builtIn({
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  createdByUpdate: true,
  uncollected: true,
  shortNames: ['ev'],
  fieldSelectors: {
    ...referenceSelectors('involvedObject'),
    reason: ownField('reason'),
    type: ownField('type'),
    reportingComponent: ownField('reportingComponent'),
    source: (event) => (event as Event).source?.component ?? '',
  },
  validate: (event) => eventCauses(event as Event, event.metadata.namespace, 'reportingComponent'),
  documented: {
    'Last Seen': 'core-v1.Event.lastTimestamp',
    Type: 'core-v1.Event.type',
    Reason: 'core-v1.Event.reason',
    Subobject: 'core-v1.ObjectReference.fieldPath',
    Message: 'core-v1.Event.message',
    'First Seen': 'core-v1.Event.firstTimestamp',
    Count: 'core-v1.Event.count',
  },
  columns: eventColumns((event) => event),
})
