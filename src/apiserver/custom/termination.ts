/**
 * Custom resource definitions that are being deleted: what they say of themselves, and that nothing new is made of them.
 * Source: k8s.io/apiextensions-apiserver/pkg/{registry/customresourcedefinition/etcd.go,controller/finalizer,apiserver}.
 */
import { forbidden } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { CustomResourceDefinition } from './definition-of.ts'

const stages = {
  InstanceDeletionPending: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  InstanceDeletionInProgress: 'CustomResource deletion is in progress',
  InstanceDeletionCompleted: 'removed all instances',
}

/** The definition with the condition that says how far its deletion has come. */
export function withTermination(crd: CustomResourceDefinition, reason: keyof typeof stages): CustomResourceDefinition {
  const { conditions, ...status } = crd.status ?? {}
  const others = (conditions ?? []).filter(({ type }) => type !== 'Terminating')
  const condition = {
    type: 'Terminating',
    status: reason === 'InstanceDeletionCompleted' ? 'False' : 'True',
    lastTransitionTime: crd.metadata.deletionTimestamp as string,
    reason,
    message: stages[reason],
  }
  return { ...crd, status: { ...status, conditions: [...others, condition] } }
}

/** Throws 403 where the definition of a new custom resource is being deleted. */
export function admitInstance(
  store: ObjectStore,
  { custom, group, resource }: ResourceDefinition,
  object: KubeObject,
): void {
  if (custom !== true) return
  const definitions = store.registry.byPath('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')
  if (definitions === undefined) return
  const what = `${resource}.${group}`
  if (store.get(definitions, what)?.value.metadata.deletionTimestamp === undefined) return
  const { name = '' } = object.metadata
  const which = name === '' ? what : `${what} ${JSON.stringify(name)}`
  const why = 'create not allowed while custom resource definition is terminating'
  throw forbidden({ group, resource, name }, `${which} is forbidden: ${why}`)
}
