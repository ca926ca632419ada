/**
 * ValidatingAdmissionPolicies: what they let through. Source: k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go.
 */
import { notAllowed, StatusError } from '../../kube/status.ts'
import type { Access } from '../cel/library/authorizer.ts'
import { validatingAdmissionPolicies } from '../resources/validatingadmissionpolicies.ts'
import { validatingAdmissionPolicyBindings } from '../resources/validatingadmissionpolicybindings.ts'
import type { ObjectStore } from '../store.ts'
import { inOtherVersion } from '../versions.ts'
import type { AdmissionRequest } from './admission.ts'
import { isChosen, namespaceOf } from './chosen.ts'
import { conditionValues, untyped, type Subject, type Values } from './condition-values.ts'
import { rulesMatch } from './policy-match.ts'
import { paramsOf } from './policy-params.ts'
import type { MatchResources, Policy, PolicyBinding } from './policy.ts'
import { denialsOf } from './policy-verdict.ts'
import { versionFor } from './rules.ts'

/** A policy and all that bind it. */
interface Bound {
  readonly policy: Policy
  readonly bindings: readonly PolicyBinding[]
}

/** What a policy says against a request, and what is to be done about it. */
interface Objection {
  readonly by: string
  readonly message: string
  readonly reason: string
  readonly actions: readonly string[]
}

type Asked = Omit<Subject, 'access'>

const codes: Readonly<Record<string, number>> = { Forbidden: 403, RequestEntityTooLarge: 413 }

export class AdmissionPolicies {
  readonly #store: ObjectStore
  readonly #access: Access

  constructor(store: ObjectStore, access: Access) {
    this.#store = store
    this.#access = access
  }

  get bound(): readonly Bound[] {
    const bindings = this.#store.all(validatingAdmissionPolicyBindings) as PolicyBinding[]
    if (bindings.length === 0) return []
    return (this.#store.all(validatingAdmissionPolicies) as Policy[]).flatMap((policy) => {
      const own = bindings.filter(({ spec }) => spec?.policyName === policy.metadata.name)
      return own.length === 0 ? [] : [{ policy, bindings: own }]
    })
  }

  /** Throws the first objection that is to stop the request, once all policies have been asked. */
  async check(bound: readonly Bound[], request: AdmissionRequest, asked: Asked, warnings: string[]): Promise<void> {
    let stopping: Objection | undefined
    for (const each of bound)
      for (const objection of await this.#objections(each, request, asked)) {
        const { by, message, actions } = objection
        if (actions.includes('Warn')) warnings.push(`Validation failed for ${by}: ${message}`)
        if (actions.includes('Deny')) stopping ??= objection
      }
    if (stopping !== undefined) throw refused(stopping, request)
  }

  async #objections({ policy, bindings }: Bound, request: AdmissionRequest, asked: Asked): Promise<Objection[]> {
    const { metadata, spec = {} } = policy
    if (!this.#matches(spec.matchConstraints, request, asked)) return []
    const misfit = (by: string, what: string, problem: string): Objection[] =>
      spec.failurePolicy === 'Ignore'
        ? []
        : [{ by, message: `failed to configure ${what}: ${problem}`, reason: 'Invalid', actions: ['Deny'] }]
    const self = `ValidatingAdmissionPolicy '${metadata.name}'`
    const { apiVersion = '', kind = '' } = spec.paramKind ?? {}
    const paramKind = this.#store.registry.byKind(apiVersion, kind)
    if (paramKind === undefined && spec.paramKind !== undefined)
      return misfit(
        self,
        'policy',
        `failed to find resource referenced by paramKind: '${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}'`,
      )
    const values = await this.#values(policy, request, asked)
    return bindings.flatMap(
      ({ metadata: { name }, spec: { matchResources, paramRef, validationActions = [] } = {} }) => {
        if (!this.#matches(matchResources, request, asked)) return []
        const by = `${self} with binding '${name}'`
        const params = paramsOf(this.#store, paramKind, paramRef, request.exchange.request.namespace)
        if ('problem' in params) return misfit(by, 'binding', params.problem)
        return params
          .flatMap((param) => denialsOf(spec, { ...values, params: untyped(param ?? null) }))
          .map(({ always, ...denial }) => ({ by, ...denial, actions: always ? ['Deny'] : validationActions }))
      },
    )
  }

  /** A binding without rules of its own is about all that its policy is about. */
  #matches(match: MatchResources | undefined, request: AdmissionRequest, asked: Asked): boolean {
    return (
      match === undefined ||
      (isChosen(match, this.#store, request, asked.object, asked.old) && rulesMatch(match, request))
    )
  }

  /** The objects are shown in the version that the policy is about. */
  async #values({ spec }: Policy, request: AdmissionRequest, asked: Asked): Promise<Values> {
    const { definition } = request
    const version = versionFor(spec?.matchConstraints?.resourceRules, definition)
    const subject = {
      ...asked,
      object: await inOtherVersion(definition, asked.object, version),
      old: await inOtherVersion(definition, asked.old, version),
      access: this.#access,
    }
    const namespace = namespaceOf(this.#store, request)
    return { ...conditionValues(request, subject, version), namespaceObject: untyped(namespace ?? null) }
  }
}

function refused({ by, message, reason }: Objection, { definition, name }: AdmissionRequest): Error {
  const text = `${by} denied request: ${message}`
  const { status } = notAllowed({ ...definition, name }, text)
  const details = { ...status.details, causes: [{ message: text }] }
  return new StatusError({ ...status, reason, details, code: codes[reason] ?? 422 })
}
