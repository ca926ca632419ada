/**
 * What kubelets do with the pods on their nodes: start them, and let them go when they are deleted. A kubelet that is
 * silent does neither, so pods stay as they are, as they would. Source: k8s.io/kubernetes/pkg/kubelet.
 */
import { rfc3339, type Clock } from '../../base/clock.ts'
import { pods } from '../../apiserver/resources/pods.ts'
import type { ObjectStore } from '../../apiserver/store.ts'
import type { Stored } from '../../apiserver/stored.ts'
import type { KubeObject } from '../../apiserver/types.ts'
import { runningStatus } from './running-pod.ts'

type Pod = KubeObject & {
  readonly spec?: {
    readonly nodeName?: string
    readonly containers?: readonly { readonly name: string; readonly image: string }[]
  }
  readonly status?: Readonly<Record<string, unknown>> & { readonly phase?: string }
}

/** How long containers take to start and to stop. */
const workMs = 1_000

export class KubeletPods {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #runs: (node: string) => boolean
  /** Pods that wait for a kubelet to come back, by node. */
  readonly #waiting = new Map<string, Set<string>>()
  readonly #stop: () => void
  #closed = false

  /** `runs` says whether the node's kubelet is at work. */
  constructor(store: ObjectStore, clock: Clock, runs: (node: string) => boolean) {
    this.#store = store
    this.#clock = clock
    this.#runs = runs
    this.#stop = store.listen((definition, { type, stored }) => {
      if (definition === pods && type !== 'DELETED') this.#see(stored)
    })
    for (const stored of store.collection(pods).list()) this.#see(stored)
  }

  /** The node's kubelet is at work again. */
  resume(node: string): void {
    const waiting = this.#waiting.get(node)
    this.#waiting.delete(node)
    for (const key of waiting ?? []) this.#work(key)
  }

  /** The node is gone, and its pods with it. */
  forget(node: string): void {
    this.#waiting.delete(node)
    for (const { key, value } of this.#store.collection(pods).list())
      if ((value as Pod).spec?.nodeName === node) this.#store.delete(pods, key)
  }

  close(): void {
    this.#closed = true
    this.#stop()
    this.#waiting.clear()
  }

  #see({ key, value }: Stored): void {
    if (hasWork(value)) this.#clock.after(workMs, () => this.#work(key))
  }

  #work(key: string): void {
    if (this.#closed) return
    const pod = this.#store.get(pods, key)?.value as Pod | undefined
    if (pod === undefined || !hasWork(pod)) return
    const node = pod.spec?.nodeName as string
    if (!this.#runs(node)) {
      const waiting = this.#waiting.get(node) ?? new Set<string>()
      this.#waiting.set(node, waiting.add(key))
    } else if (pod.metadata.deletionTimestamp === undefined)
      this.#store.update(pods, running(pod, rfc3339(this.#clock.wallMs())))
    else this.#store.delete(pods, key)
  }
}

/** Bound to a node and not yet started, or to be ended. */
function hasWork(object: KubeObject): boolean {
  const { metadata, spec, status } = object as Pod
  if ((spec?.nodeName ?? '') === '') return false
  return metadata.deletionTimestamp !== undefined || status?.phase === undefined || status.phase === 'Pending'
}

const running = (pod: Pod, now: string): KubeObject => ({
  ...pod,
  status: { ...pod.status, ...runningStatus(pod.spec ?? {}, now) },
})
