import { builtIn, type KubeObject } from '../definition.ts'
import {
  changedEventCauses,
  eventCauses,
  eventColumns,
  eventFields,
  newEventCauses,
  ownField,
  referenceSelectors,
  type Event,
} from '../rules/event.ts'
import { events } from './events.ts'

/** What events.k8s.io/v1 calls the fields of core/v1. Source: k8s.io/kubernetes/pkg/apis/events/v1/conversion.go. */
const names: readonly (readonly [core: string, group: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
]
const groupName = new Map(names)
const coreName = new Map(names.map(([core, group]) => [group, core]))

/** Printed by core/v1 alone where they are empty. */
const unsaid = { reportingComponent: '', reportingInstance: '' }
const omitted = new Set(Object.keys(unsaid))

const renamed = (
  { kind, apiVersion: _, ...event }: KubeObject,
  apiVersion: string,
  to: ReadonlyMap<string, string>,
): KubeObject =>
  ({
    kind,
    apiVersion,
    ...Object.fromEntries(
      Object.entries(event)
        .filter(([field, value]) => value !== '' || !omitted.has(field))
        .map(([field, value]) => [to.get(field) ?? field, value]),
    ),
  }) as unknown as KubeObject

const toCore = (event: KubeObject): Event => renamed(event, 'v1', coreName)

/** The same events under their newer names; stored as those of core/v1. */
export const groupedEvents = builtIn({
  group: 'events.k8s.io',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  storedAs: '/v1/Event',
  namespaced: true,
  uncached: true,
  createdByUpdate: true,
  // Who has written through the other group is known to nobody here.
  sibling: () => undefined,
  uncollected: true,
  shortNames: ['ev'],
  storage: events,
  convert: async (objects, apiVersion) =>
    objects.map((object) =>
      apiVersion === 'v1'
        ? { ...unsaid, ...renamed(object, apiVersion, coreName) }
        : renamed(object, apiVersion, groupName),
    ),
  fieldSelectors: {
    ...referenceSelectors('regarding'),
    reason: ownField('reason'),
    type: ownField('type'),
    reportingController: ownField('reportingComponent'),
  },
  validate: (event, before) => {
    const core = toCore(event)
    const causes = eventCauses(core, event.metadata.namespace, 'reportingController')
    return [...causes, ...(before === undefined ? newEventCauses(core) : changedEventCauses(core, toCore(before)))]
  },
  documented: eventFields,
  columns: eventColumns(toCore),
})
