/** What is wrong with an Event that has an eventTime. Source: k8s.io/kubernetes/pkg/apis/core/validation/events.go. */
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'

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
  const causes: Cause[] = []
  const expected = involved === '' ? 'default' : involved // of what has no namespace
  if (expected !== namespace)
    causes.push(invalidValue('involvedObject.namespace', involved, 'does not match event.namespace'))
  if (!isSet(event.eventTime)) return causes
  const upTo128: [string, string | undefined][] = [
    ['reportingInstance', event.reportingInstance],
    ['action', event.action],
    ['reason', event.reason],
  ]
  if (!isSet(event.reportingComponent)) causes.push(required(controller))
  for (const [field, value] of upTo128) {
    if (!isSet(value)) causes.push(required(field))
    else if (value.length > 128) causes.push(invalidValue(field, '', 'can have at most 128 characters'))
  }
  if ((event.message ?? '').length > 1024) causes.push(invalidValue('message', '', 'can have at most 1024 characters'))
  return causes
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
  return causes
}
