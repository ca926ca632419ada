/**
 * What events of both groups have in common: rules, selectable fields, columns.
 * Source: k8s.io/kubernetes/pkg/apis/core/validation/events.go, pkg/printers/internalversion.
 */
import { column, computed, nameColumn, type Column } from '../columns.ts'
import type { KubeObject } from '../types.ts'
import { deepEqual, isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'

type Cause = Required<StatusCause>

/** An Event in the shape of core/v1, in which both groups are stored. */
export interface CoreEvent {
  readonly involvedObject?: Readonly<Record<string, string>>
  readonly source?: { readonly component?: string; readonly host?: string }
  readonly message?: string
  readonly reason?: string
  readonly type?: string
  readonly action?: string
  readonly count?: number
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string | null } | null
  readonly related?: object
  readonly reportingComponent?: string
  readonly reportingInstance?: string
}

const isSet = (text: string | null | undefined): text is string => text !== undefined && text !== null && text !== ''

/** For both groups; `controller` is what the group calls the reporting controller. */
export function eventCauses(event: CoreEvent, namespace: string | undefined, controller: string): Cause[] {
  const { namespace: involved = '' } = event.involvedObject ?? {}
  const isNew = isSet(event.eventTime)
  const elsewhere = invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')
  if (!isNew) return (involved === '' ? 'default' : involved) === namespace ? [] : [elsewhere]
  const causes = involved === '' && namespace !== 'default' && namespace !== 'kube-system' ? [elsewhere] : []
  const { reportingComponent = '' } = event
  if (reportingComponent === '') causes.push(required(controller))
  causes.push(
    ...qualifiedNameProblems(reportingComponent).map((problem) =>
      invalidValue(controller, reportingComponent, problem),
    ),
  )
  const upTo128: [string, string | undefined][] = [
    ['reportingInstance', event.reportingInstance],
    ['action', event.action],
    ['reason', event.reason],
  ]
  for (const [field, value] of upTo128) {
    if (!isSet(value)) causes.push(required(field))
    else if (value.length > 128) causes.push(invalidValue(field, '', 'can have at most 128 characters'))
  }
  if ((event.message ?? '').length > 1024) causes.push(invalidValue('message', '', 'can have at most 1024 characters'))
  return causes
}

/** Everything but the series. */
const immutableFields = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason', // twice, as the real server does
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const

/** Of events.k8s.io/v1: an event says how often it was seen, and nothing else anew. */
export function changedEventCauses(event: CoreEvent, before: CoreEvent): Cause[] {
  const empty = (value: unknown): boolean => value === undefined || value === null || value === '' || value === 0
  const changed = immutableFields
    .filter((field) => !deepEqual(event[field], before[field]) && !(empty(event[field]) && empty(before[field])))
    .map((field) =>
      invalidValue(
        field === 'reportingComponent' ? 'reportingController' : field,
        shownField(field, event[field]),
        'field is immutable',
      ),
    )
  return [...(deepEqual(event.series, before.series) ? [] : seriesCauses(event)), ...changed]
}

const references: Readonly<Record<string, readonly string[]>> = {
  involvedObject: ['Kind', 'Namespace', 'Name', 'UID', 'APIVersion', 'ResourceVersion', 'FieldPath'],
  related: ['Kind', 'Namespace', 'Name', 'UID', 'APIVersion', 'ResourceVersion', 'FieldPath'],
  source: ['Component', 'Host'],
}

const texts = ['reason', 'message', 'type', 'action', 'reportingComponent', 'reportingInstance']

/** A struct as Go prints it: with its own names and all of its fields. */
function shownField(field: string, value: unknown): unknown {
  const names = references[field]
  if (names === undefined || !isRecord(value))
    return value ?? (texts.includes(field) ? '' : field === 'count' ? 0 : null)
  const own: Readonly<Record<string, string>> = { UID: 'uid', APIVersion: 'apiVersion' }
  return Object.fromEntries(
    names.map((name) => [name, value[own[name] ?? `${name[0]?.toLowerCase()}${name.slice(1)}`] ?? '']),
  )
}

/** Of events.k8s.io/v1, which is stricter with new ones. */
export function newEventCauses({ eventTime, type = '', count = 0, source, ...event }: CoreEvent): Cause[] {
  const causes: Cause[] = []
  if (!isSet(eventTime)) causes.push(required('eventTime'))
  if (type !== 'Normal' && type !== 'Warning') causes.push(invalidValue('type', '', `has invalid value: ${type}`))
  const unset = (field: string, set: boolean): void => {
    if (set) causes.push(invalidValue(field, '', 'needs to be unset'))
  }
  unset('firstTimestamp', isSet(event.firstTimestamp))
  unset('lastTimestamp', isSet(event.lastTimestamp))
  unset('count', count !== 0)
  unset('source', isSet(source?.component) || isSet(source?.host))
  return [...causes, ...seriesCauses(event)]
}

const seriesCauses = ({ series }: CoreEvent): Cause[] =>
  series === undefined || series === null
    ? []
    : [
        ...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
        ...(isSet(series.lastObservedTime) ? [] : [required('series.lastObservedTime')]),
      ]

export type Event = KubeObject & CoreEvent

const involved = (field: string) => (event: KubeObject) => (event as Event).involvedObject?.[field] ?? ''
export const ownField = (field: 'reason' | 'type' | 'reportingComponent') => (event: KubeObject) =>
  (event as Event)[field] ?? ''

/** Of an object reference, as field selectors name them. */
const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']
export const referenceSelectors = (prefix: string): Record<string, (event: KubeObject) => string> =>
  Object.fromEntries(referenceFields.map((field) => [`${prefix}.${field}`, involved(field)]))

function target({ involvedObject: { kind = '', name = '' } = {} }: Event): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`
}

const firstSeen = ({ firstTimestamp, eventTime }: Event): unknown => firstTimestamp ?? eventTime
const lastSeen = (event: Event): unknown => event.series?.lastObservedTime ?? event.lastTimestamp ?? firstSeen(event)

/** What the columns show. */
export const eventFields = {
  'Last Seen': 'core-v1.Event.lastTimestamp',
  Object: 'The object that this event is about.',
  Source: 'The component reporting this event. Should be a short machine understandable string.',
  Type: 'core-v1.Event.type',
  Reason: 'core-v1.Event.reason',
  Subobject: 'core-v1.ObjectReference.fieldPath',
  Message: 'core-v1.Event.message',
  'First Seen': 'core-v1.Event.firstTimestamp',
  Count: 'core-v1.Event.count',
}

/** Source: k8s.io/kubernetes/pkg/printers/internalversion, printEvent. */
export const eventColumns = (core: (event: KubeObject) => Event): readonly Column[] => {
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
    shown('Count', 'string', ({ series, count = 0 }) => series?.count ?? (count || 1), 1),
    { ...nameColumn, priority: 1 },
  ]
}
