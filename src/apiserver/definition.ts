/** What the server knows about one kind: one declarative record. Verbs, watch, discovery and tables are generic over it. */
import type { KindRef } from '../kube/client.ts'
import type { Verb } from '../kube/request.ts'
import type { KubeObject, LabelMap } from './types.ts'
import type { StatusCause } from '../kube/status.ts'
import type { Column } from './columns.ts'
import type { Convert } from './custom/conversion.ts'
import type { JsonSchema } from './custom/structural.ts'
import type { User } from './access/authenticate.ts'
import type { Authorize } from './access/escalation.ts'
import type { Review } from './access/reviews.ts'
import type { QuotaUsage } from './quota/usage.ts'
import type { Schema } from './schema/schema.ts'
import type { Subresource } from './subresources/subresource.ts'

/** What else there is, for those rules that look at more than one object. */
export interface Objects {
  get(definition: ResourceDefinition, key: string): { readonly value: KubeObject } | undefined
  all(definition: ResourceDefinition): readonly KubeObject[]
  /** The time of now, as Kubernetes writes it. */
  now(): string
  /** Five letters and digits that name what the server adds to a new object. */
  suffix(...key: readonly string[]): string
}

export interface ResourceDefinition extends KindRef {
  readonly singular: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly status?: boolean
  /** Lists of it come from the store itself, never from a cache: events. */
  readonly uncached?: true
  /** What of it has no form of a table: its status, or no answer at all. */
  readonly untabled?: 'status' | 'all'
  /** Annotations that stand for fields of the type: metadata alone does not have them. */
  readonly fieldAnnotations?: readonly string[]
  /** What conversion gives an object of which nothing is known, as a merge patch: bookmarks show it. */
  readonly blank?: object
  /** Who makes one needs no name for it: limit ranges. */
  readonly namesItself?: true
  /** A new object keeps the status that it comes with: nodes. */
  readonly bornWithStatus?: boolean
  /** What of its metadata a write of its status leaves alone; custom resources leave all of it. */
  readonly statusLeaves?: 'labels' | 'ownerReferences' | 'metadata'
  /** Absent: all of them. */
  readonly verbs?: readonly Verb[]
  /** Apart from status and scale. */
  readonly subresources?: Readonly<Record<string, Subresource>>
  /** Kinds that are questions: what is sent comes back with the answer, nothing is stored. */
  readonly review?: Review
  /** Kinds that are orders: what is sent is carried out, nothing is stored. */
  readonly order?: Subresource['handle']
  /** Subresources that are the object itself, of which a write changes that part alone. */
  readonly parts?: Readonly<Record<string, (wanted: KubeObject, before: KubeObject) => KubeObject>>
  /** PUT needs a resourceVersion; custom resources always do. */
  readonly lockedUpdates?: boolean
  /** PUT makes what isn't there. */
  readonly createdByUpdate?: boolean
  /** So does a write of its status, without what a new object gets allocated; `apply`: only that. */
  readonly createdByStatus?: 'apply' | 'update'
  /** Custom resources: lists carry each item's kind, no strategic merge patch. */
  readonly custom?: boolean
  /** Whether `metadata.generation` counts spec changes; false for kinds that have none (ConfigMap, Node, Lease…). */
  readonly generation: boolean
  /** What `metadata.generation` counts besides; by itself it takes an empty list for none. */
  readonly alsoCounted?: (before: KubeObject, after: KubeObject) => boolean
  /** Beyond metadata.name and metadata.namespace. */
  readonly fieldSelectors?: Readonly<Record<string, (object: KubeObject) => string>>
  readonly columns?: readonly Column[]
  /** In which order a table has the objects of a list; that of their keys where absent. */
  readonly rowOrder?: (one: KubeObject, other: KubeObject) => number
  /** What columns are said to be, by their names: fields of types, `core-v1.PodStatus.podIP`, in whose words, or words. */
  readonly documented?: Readonly<Record<string, string>>
  /** What a row of a table says of the object as a whole: pods that are over. */
  readonly rowConditions?: (object: KubeObject) => readonly object[] | undefined
  /** How server-side apply merges objects of the kind; read off the type's table where a built-in kind has none here. */
  readonly schema?: Schema
  /** Of custom resources: the published schema. */
  readonly openApi?: JsonSchema
  /** The object without fields that the kind doesn't have; each is reported by its path. */
  readonly conform?: (object: KubeObject, report: (path: string) => void) => KubeObject
  /**
   * What is wrong with an object, as the real server's validation words it; `before` is what an update replaces,
   * `metadata` is what is wrong with that.
   */
  readonly validate?: (
    object: KubeObject,
    before: KubeObject | undefined,
    subresource: string,
    objects: Objects,
    metadata: readonly Required<StatusCause>[],
  ) => readonly Required<StatusCause>[]
  /** What a client is told of an object that it may write, in `Warning` headers; `asked` is a new one as it was sent. */
  readonly warn?: (object: KubeObject, before?: KubeObject, asked?: KubeObject) => readonly string[]
  /** And of a status. */
  readonly warnStatus?: (object: KubeObject) => readonly string[]
  /** Fields the server fills in on create and update; custom resources lose the nulls that they don't allow. */
  readonly defaults?: (object: KubeObject, keepsNulls?: boolean) => KubeObject
  /** What the server adds to a new object on its own account, as admission and allocation do; not owned by who writes. */
  readonly complete?: (object: KubeObject, objects: Objects) => KubeObject
  /** What the server gives a new object of what there is once: addresses and ports. Mutating webhooks don't see it. */
  readonly allocate?: (object: KubeObject, objects: Objects, dryRun: boolean) => KubeObject
  /** Throws 403 where a user may write the kind and not this: roles that grant more than they hold. */
  readonly authorize?: Authorize
  /** Throws what admission plugins have against a new object that is valid by itself. */
  readonly admitCreate?: (object: KubeObject, objects: Objects) => void
  /** And against an update. */
  readonly admitUpdate?: (object: KubeObject, before: KubeObject, objects: Objects, subresource: string) => void
  /** What objects of the kind use up of resource quotas, besides their number. */
  readonly quota?: QuotaUsage
  /** What the server writes into a new object in the name of who makes it. */
  readonly madeBy?: (object: KubeObject, user: User) => KubeObject
  /** Fields, as fieldsV1 has them, that an endpoint lets nobody own; that of the object itself is ''. */
  readonly unowned?: Readonly<Record<string, object>>
  /** What the server adds to a new object when it has got its identity, of its UID. */
  readonly settle?: (object: KubeObject) => KubeObject
  /** Whatever is said of its dependents, they are nobody's business: events. */
  readonly uncollected?: boolean
  /** What admission plugins add to an update: webhooks see it. */
  readonly readmit?: (object: KubeObject, before: KubeObject, subresource: string) => KubeObject
  /** What an update keeps of the object before, whatever it says; who says so owns it all the same. */
  readonly keeps?: (
    object: KubeObject,
    before: KubeObject,
    objects: Objects,
    subresource: string,
    dryRun: boolean,
  ) => KubeObject
  /** Held by every object of the kind from its deletion on, until a controller has cleaned up: definitions. */
  readonly deletionFinalizer?: string
  /** What becomes of dependents where a DELETE doesn't say; they go where absent. */
  readonly orphansDependents?: boolean
  /** What a client is told of that. */
  readonly orphanWarning?: string
  /** DELETE answers with the object that went, not with a Status. */
  readonly returnsDeleted?: boolean
  /** Seconds that an object is shown as going before it goes; `asked` is the client's wish. Absent: it goes at once. */
  readonly gracePeriod?: (object: KubeObject, asked: number | undefined) => number
  /** Whether more than its finalizers holds an object that is being deleted, and how it shows that it is: namespaces. */
  readonly termination?: {
    readonly holds: (object: KubeObject) => boolean
    readonly shown: (object: KubeObject) => KubeObject
  }
  /** Where the scale subresource finds its numbers. */
  readonly scale?: {
    readonly specReplicasPath: string
    readonly statusReplicasPath: string
    readonly labelSelectorPath?: string
  }
  /** The version that objects are stored in, where this isn't the one. */
  readonly storage?: ResourceDefinition
  /** Objects may be stored in other versions, too: definitions of which the storage version has changed. */
  readonly mixed?: boolean
  /** The kind in another version of its definition, served or not; absent where there is but one. */
  readonly sibling?: (apiVersion: string) => ResourceDefinition | undefined
  /** Where versions differ in more than their name: the conversion webhook of a custom resource. */
  readonly convert?: Convert
  /** Told to clients of this version in a `Warning` header. */
  readonly deprecationWarning?: string
  /** The `group/version/kind` that the real server stores it as, where that is another: part of discovery's hashes. */
  readonly storedAs?: string
  /** How many events are kept for resuming watches; the store's default where absent. */
  readonly historyMax?: number
}

export type { KubeObject, LabelMap }

/** Whether there are objects of the kind, and not only questions and orders. */
export const hasObjects = ({ review, order }: ResourceDefinition): boolean =>
  review === undefined && order === undefined

/** What of its metadata a write of its status leaves alone. */
export const leftByStatus = ({
  custom,
  statusLeaves,
}: ResourceDefinition): NonNullable<ResourceDefinition['statusLeaves']> | 'nothing' =>
  custom === true ? 'metadata' : (statusLeaves ?? 'nothing')

/** A custom resource in Cluster API's manner: namespaced, with a status, in category cluster-api. */
export const clusterApiResource = (
  definition: Pick<ResourceDefinition, 'group' | 'version' | 'resource' | 'kind'> & Partial<ResourceDefinition>,
): ResourceDefinition => ({
  namespaced: true,
  singular: definition.kind.toLowerCase(),
  categories: ['cluster-api'],
  status: true,
  custom: true,
  generation: true,
  ...definition,
})

/** A kind that Kubernetes itself defines. */
export const builtIn = (
  definition: Pick<ResourceDefinition, 'group' | 'version' | 'resource' | 'kind' | 'namespaced'> &
    Partial<ResourceDefinition>,
): ResourceDefinition => ({ singular: definition.kind.toLowerCase(), generation: false, ...definition })
