import { column, computed, nameColumn, type Column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { eventCauses, newEventCauses, type CoreEvent } from '../rules/event.ts'

type Event = KubeObject & CoreEvent

const involved = (field: string) => (event: KubeObject) => (event as Event).involvedObject?.[field] ?? ''
const own = (field: 'reason' | 'type' | 'reportingComponent') => (event: KubeObject) => (event as Event)[field] ?? ''

/** Of an object reference, as field selectors name them. */
const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']
const selectors = (prefix: string): Record<string, (event: KubeObject) => string> =>
  Object.fromEntries(referenceFields.map((field) => [`${prefix}.${field}`, involved(field)]))

function target({ involvedObject: { kind = '', name = '' } = {} }: Event): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`
}

const firstSeen = ({ firstTimestamp, eventTime }: Event): unknown => firstTimestamp ?? eventTime
const lastSeen = (event: Event): unknown => event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event)

/** Source: k8s.io/kubernetes/pkg/printers/internalversion, printEvent. */
const columns = (core: (event: KubeObject) => Event): readonly Column[] => {
  const shown = (name: string, type: Column['type'], value: (event: Event) => unknown, priority = 0): Column =>
    computed(name, type, (event: KubeObject) => value(core(event)), priority)
  return [
    shown('Last Seen', 'date', lastSeen),
    column('Type', 'string', '.type'),
    column('Reason', 'string', '.reason'),
    shown('Object', 'string', target),
    shown('Subobject', 'string', ({ involvedObject }) => involvedObject?.['fieldPath'] ?? '', 1),
    shown(
      'Source',
      'string',
      ({ source, reportingComponent, reportingInstance }) =>
        [source?.component || reportingComponent, source?.host || reportingInstance].filter(Boolean).join(', '),
      1,
    ),
    shown('Message', 'string', ({ message = '' }) => message.trim()),
    shown('First Seen', 'date', firstSeen, 1),
    shown('Count', 'string', ({ series, count = 0 }) => String(series?.count ?? (count || 1)), 1),
    { ...nameColumn, priority: 1 },
  ]
}

export const events = builtIn({
  group: '',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  fieldSelectors: {
    ...selectors('involvedObject'),
    reason: own('reason'),
    type: own('type'),
    reportingComponent: own('reportingComponent'),
    source: (event) => (event as Event).source?.component ?? '',
  },
  validate: (event) => eventCauses(event as Event, event.metadata.namespace, 'reportingComponent'),
  columns: columns((event) => event),
})

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

const renamed = (
  { kind, apiVersion: _, ...event }: KubeObject,
  apiVersion: string,
  to: ReadonlyMap<string, string>,
): KubeObject =>
  ({
    kind,
    apiVersion,
    ...Object.fromEntries(Object.entries(event).map(([field, value]) => [to.get(field) ?? field, value])),
  }) as unknown as KubeObject

const toCore = (event: KubeObject): Event => renamed(event, 'v1', coreName)

/** The same events under their newer names; stored as those of core/v1. */
export const groupedEvents = builtIn({
  group: 'events.k8s.io',
  version: 'v1',
  resource: 'events',
  kind: 'Event',
  namespaced: true,
  shortNames: ['ev'],
  storage: events,
  convert: async (objects, apiVersion) =>
    objects.map((object) => renamed(object, apiVersion, apiVersion === 'v1' ? coreName : groupName)),
  fieldSelectors: {
    ...selectors('regarding'),
    reason: own('reason'),
    type: own('type'),
    reportingController: own('reportingComponent'),
  },
  validate: (event, before) => {
    const core = toCore(event)
    const causes = eventCauses(core, event.metadata.namespace, 'reportingController')
    return before === undefined ? [...causes, ...newEventCauses(core)] : causes
  },
  columns: columns(toCore),
})
