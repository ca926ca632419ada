import { builtIn } from '../definition.ts'
import { eventCauses, eventColumns, eventFields, ownField, referenceSelectors, type Event } from '../rules/event.ts'

export const events = builtIn({
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  uncached: true,
  createdByUpdate: true,
  // Who has written through the other group is known to nobody here.
  sibling: () => undefined,
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
  documented: eventFields,
  columns: eventColumns((event) => event),
})
