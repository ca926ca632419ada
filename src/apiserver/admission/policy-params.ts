/** The parameters of a policy. Source: k8s.io/apiserver/pkg/admission/plugin/policy/generic, CollectParams. */
import { objectKey } from '../../kube/object.ts'
import { labelSelectorMatcher } from '../../kube/selector.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { ParamRef } from './policy.ts'

/** Why a policy or its binding can't be applied as it is written. */
export interface ConfigurationProblem {
  readonly problem: string
}

/** What a policy is applied with, once each: one time without parameters where the binding names none. */
export function paramsOf(
  store: ObjectStore,
  kind: ResourceDefinition | undefined,
  ref: ParamRef | undefined,
  namespace: string,
): readonly (KubeObject | undefined)[] | ConfigurationProblem {
  if (kind === undefined || ref === undefined) return [undefined]
  const scope = kind.namespaced ? ref.namespace || namespace : undefined
  if (scope === '')
    return { problem: 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources' }
  if (scope === undefined && ref.namespace)
    return { problem: 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`' }
  const found = named(store, kind, ref, scope)
  return found.length === 0 && ref.parameterNotFoundAction === 'Deny'
    ? { problem: 'no params found for policy binding with `Deny` parameterNotFoundAction' }
    : found
}

function named(
  store: ObjectStore,
  kind: ResourceDefinition,
  { name, selector = {} }: ParamRef,
  scope: string | undefined,
): KubeObject[] {
  if (name) {
    const object = store.get(kind, objectKey({ name, ...(scope === undefined ? {} : { namespace: scope }) }))?.value
    return object === undefined ? [] : [object]
  }
  const selects = labelSelectorMatcher(selector)
  return store
    .all(kind)
    .filter(({ metadata }) => (scope === undefined || metadata.namespace === scope) && selects(metadata.labels))
}
