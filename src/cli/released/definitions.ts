/** The custom resource definitions that released managers work with, as a management cluster needs them. */
import { UsageError } from '../../base/usage-error.ts'
import type { CustomResourceDefinition } from '../../apiserver/custom/definition-of.ts'
import { readObjects } from './documents.ts'

/** Definitions in `paths`, with the contract labels that the published bases lack. */
export function readDefinitions(paths: readonly string[]): CustomResourceDefinition[] {
  return paths.flatMap((path) => {
    const found = readObjects(path, '--crds').filter(({ kind }) => kind === 'CustomResourceDefinition')
    if (found.length === 0)
      throw new UsageError(`${path}: holds no CustomResourceDefinition; give the folder of the definitions with --crds`)
    return found.map((object) => withContractLabels(object as CustomResourceDefinition))
  })
}

const contracts = ['v1beta1', 'v1beta2']

/**
 * Core finds the version of a kind to read by these labels. Kustomize adds them to the released components.
 * Source: cluster-api internal/contract/version.go, config/crd/kustomization.yaml.
 */
function withContractLabels(crd: CustomResourceDefinition): CustomResourceDefinition {
  const { group, versions } = crd.spec
  if (group !== 'cluster.x-k8s.io' && !group.endsWith('.cluster.x-k8s.io')) return crd
  const served = contracts.filter((contract) => versions.some(({ name, served }) => served && name === contract))
  const labels = Object.fromEntries(served.map((contract) => [`cluster.x-k8s.io/${contract}`, contract]))
  return { ...crd, metadata: { ...crd.metadata, labels: { ...labels, ...crd.metadata.labels } } }
}
