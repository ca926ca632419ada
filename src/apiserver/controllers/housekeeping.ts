/**
 * The small loops of kube-controller-manager and kube-apiserver that others rely on: every namespace has a default
 * service account and the authority's certificate, the default one the API server's Service; events and bootstrap
 * tokens end.
 * Source: k8s.io/kubernetes/pkg/controller/{serviceaccount,certificates/rootcacertpublisher,bootstrap},
 * kube-apiserver --event-ttl.
 */
import type { Clock, Timer } from '../../base/clock.ts'
import { deepEqual } from '../../kube/object.ts'
import { configMaps } from '../resources/configmaps.ts'
import { events } from '../resources/events.ts'
import { namespaces } from '../resources/namespaces.ts'
import { secrets } from '../resources/secrets.ts'
import { serviceAccounts } from '../resources/serviceaccounts.ts'
import { services } from '../resources/services.ts'
import { allocated } from '../rules/service-allocation.ts'
import { withServiceDefaults } from '../rules/service-defaults.ts'
import { startQuotas } from '../quota/controller.ts'
import { startStorageProtection } from './storage-protection.ts'
import type { ControlPlanePart } from '../ownership.ts'
import type { ServiceAccountTokens } from '../access/service-account-tokens.ts'
import { startTokenSecrets } from './token-secrets.ts'
import type { ObjectStore } from '../store.ts'
import { systemObject } from '../system-objects.ts'
import type { KubeObject } from '../types.ts'

const eventTtlMs = 3_600_000
/** How late an event may go: events are many, and one timer sweeps them all. */
const sweepMs = 300_000
const bootstrapTokenType = 'bootstrap.kubernetes.io/token'

const rootCaName = 'kube-root-ca.crt'
const rootCaKey = 'ca.crt'
/** The first of the services' addresses. */
const apiServiceIp = '10.96.0.1'
const system = 'kube-system'
/** Where servers that others delegate to look. Source: pkg/controlplane/controller/clusterauthenticationtrust. */
const clientCaName = 'extension-apiserver-authentication'
const rootCaAnnotations = {
  'kubernetes.io/description':
    'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
}

export class Housekeeping implements Disposable {
  readonly #store: ObjectStore
  readonly #clock: Clock
  #rootCa: Record<string, string> | undefined
  readonly #tokens = new Map<string, Timer>()
  #sweep: Timer | undefined
  readonly #stops: readonly (() => void)[]

  /** `later` runs outside of the write that caused it. */
  constructor(store: ObjectStore, clock: Clock, tokens: ServiceAccountTokens, later: (run: () => void) => void) {
    this.#store = store
    this.#clock = clock
    const rootCa = (): string | undefined => this.#rootCa?.[rootCaKey]
    this.#stops = [
      startStorageProtection(store, later),
      startQuotas(store, clock, later),
      startTokenSecrets({ store, clock, tokens, rootCa, later }),
      this.#listen(later),
    ]
  }

  #listen(later: (run: () => void) => void): () => void {
    return this.#store.listen((definition, change) => {
      const { value, key } = change.stored
      if (definition === namespaces) {
        if (change.type !== 'DELETED') later(() => this.#furnish(value.metadata.name))
      } else if (definition === serviceAccounts) {
        if (change.type === 'DELETED') later(() => this.#defaultAccount(value.metadata.namespace as string))
      } else if (definition === configMaps) {
        if (value.metadata.name === rootCaName) later(() => this.#rootCaIn(value.metadata.namespace as string))
      } else if (definition === events) this.#sweep ??= this.#clock.after(sweepMs, () => this.#sweepEvents())
      else if (definition === secrets && value['type'] === bootstrapTokenType)
        this.#watchToken(key, change.type === 'DELETED' ? undefined : value)
    })
  }

  [Symbol.dispose](): void {
    for (const stop of this.#stops) stop()
    this.#sweep?.cancel()
    for (const timer of this.#tokens.values()) timer.cancel()
  }

  /** Every namespace is to have the authority's certificate from now on, and other servers can check clients with it. */
  publishRootCa(certificate: string): void {
    this.#rootCa = { [rootCaKey]: certificate }
    for (const { value } of this.#store.collection(namespaces).list()) this.#rootCaIn(value.metadata.name)
    if (!this.#isLeaving(system)) this.#keep(system, clientCaName, { 'client-ca-file': certificate }, 'kube-apiserver')
  }

  #furnish(namespace: string): void {
    this.#defaultAccount(namespace)
    this.#rootCaIn(namespace)
    if (namespace === 'default') this.#apiService()
  }

  /** Where pods reach the API server. Source: pkg/controlplane/controller/kubernetesservice. */
  #apiService(): void {
    const [name, namespace] = ['kubernetes', 'default']
    if (this.#isLeaving(namespace) || this.#store.get(services, `${namespace}/${name}`) !== undefined) return
    const service = withServiceDefaults({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        clusterIP: apiServiceIp,
        ipFamilyPolicy: 'SingleStack',
        ports: [{ name: 'https', port: 443, targetPort: 6443 }],
      },
    })
    const made = systemObject(services, service, this.#clock)
    this.#store.create(services, allocated(services, made, this.#store, false))
  }

  #rootCaIn(namespace: string): void {
    if (this.#rootCa !== undefined && !this.#isLeaving(namespace))
      this.#keep(namespace, rootCaName, this.#rootCa, 'kube-controller-manager', rootCaAnnotations)
  }

  #keep(
    namespace: string,
    name: string,
    data: Record<string, string>,
    maker: ControlPlanePart,
    annotations?: Record<string, string>,
  ): void {
    const before = this.#store.get(configMaps, `${namespace}/${name}`)?.value
    if (before === undefined) {
      const metadata = { name, namespace, ...(annotations === undefined ? {} : { annotations }) }
      const made = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
      this.#store.create(configMaps, systemObject(configMaps, made, this.#clock, maker))
    } else if (!deepEqual(before['data'], data)) this.#store.update(configMaps, { ...before, data })
  }

  #isLeaving(namespace: string): boolean {
    const found = this.#store.get(namespaces, namespace)?.value
    return found === undefined || found.metadata.deletionTimestamp !== undefined
  }

  #defaultAccount(namespace: string): void {
    if (this.#isLeaving(namespace)) return
    if (this.#store.get(serviceAccounts, `${namespace}/default`) !== undefined) return
    this.#store.create(serviceAccounts, {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    })
  }

  #sweepEvents(): void {
    const limit = this.#clock.wallMs() - eventTtlMs
    const all = this.#store.collection(events).list()
    let left = 0
    for (const { key, value } of all) {
      if (lastSeen(value) <= limit) this.#store.delete(events, key)
      else left++
    }
    this.#sweep = left === 0 ? undefined : this.#clock.after(sweepMs, () => this.#sweepEvents())
  }

  #watchToken(key: string, secret: KubeObject | undefined): void {
    this.#tokens.get(key)?.cancel()
    this.#tokens.delete(key)
    const data = (secret?.['data'] ?? {}) as Record<string, string>
    const expiration = Buffer.from(data['expiration'] ?? '', 'base64').toString('utf8')
    if (secret === undefined || expiration === '') return
    // What is no time has passed.
    const expires = Date.parse(expiration)
    const left = Number.isNaN(expires) ? 0 : Math.max(0, expires - this.#clock.wallMs())
    const timer = this.#clock.after(left, () => {
      this.#tokens.delete(key)
      if (this.#store.get(secrets, key)?.value.metadata.uid === secret.metadata.uid) this.#store.delete(secrets, key)
    })
    this.#tokens.set(key, timer)
  }
}

/** A series counts from its last event. */
function lastSeen(event: KubeObject): number {
  const series = event['series'] as { lastObservedTime?: string } | undefined
  const times = [event.metadata.creationTimestamp, event['lastTimestamp'], event['eventTime'], series?.lastObservedTime]
  return Math.max(...times.map((time) => (typeof time === 'string' ? Date.parse(time) : 0)))
}
