/** `capstorm components`: what a management cluster needs to run our provider, and a local repository for clusterctl. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { definitionsText, deployFile } from './deploy-files.ts'
import { ensureDirectory } from './private-file.ts'
import { version } from './version.ts'

const imageVariable = /\$\{CAPSTORM_IMAGE:=([^}]*)\}/

/** Definitions, namespace, access, workload: for `kubectl apply -f -`. */
export function componentsText(image: string | undefined): string {
  const components = deployFile('components.yaml').replace(imageVariable, (_all, usual: string) => image ?? usual)
  return `${definitionsText()}---\n${components}`
}

/** Writes `DIR/infrastructure-capstorm/vX.Y.Z` as clusterctl reads local repositories. Returns what to do with it. */
export function writeRepository(directory: string): string {
  const root = ensureDirectory(directory)
  const release = join(root, 'infrastructure-capstorm', `v${version}`)
  mkdirSync(release, { recursive: true })
  const components = join(release, 'infrastructure-components.yaml')
  // The image stays a variable: clusterctl substitutes it.
  writeFileSync(components, `${definitionsText()}---\n${deployFile('components.yaml')}`)
  for (const name of ['metadata.yaml', 'cluster-template.yaml', 'clusterclass-capstorm.yaml'])
    writeFileSync(join(release, name), deployFile(`clusterctl/${name}`))
  const config = join(root, 'clusterctl.yaml')
  writeFileSync(config, `providers:\n  - name: capstorm\n    type: InfrastructureProvider\n    url: ${components}\n`)
  return `clusterctl init --infrastructure capstorm --config ${config}`
}
