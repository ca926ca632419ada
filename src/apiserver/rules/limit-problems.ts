/**
 * What is too little, too much or too uneven for one limit of a limit range, in the real words.
 * Source: k8s.io/kubernetes/plugin/pkg/admission/limitranger, minConstraint and its like.
 */
import { compareQuantities, parseQuantity } from '../../kube/quantity.ts'
import type { Amounts } from './amounts.ts'
import type { Limit } from './limit-range.ts'
import type { Requirements } from './pod-amounts.ts'

type Amount = string | undefined

const each = (amounts: Amounts | undefined, problem: (name: string, amount: string) => string | undefined): string[] =>
  Object.entries(amounts ?? {}).flatMap(([name, amount]) => problem(name, amount) ?? [])

/** Of a container, or of a pod as a whole. */
export const limitProblems = (
  { type, min, max, maxLimitRequestRatio }: Limit,
  { limits = {}, requests = {} }: Requirements,
): string[] => [
  ...each(min, (name, least) => leastProblem(type, name, least, requests[name], limits[name])),
  ...each(max, (name, most) => mostProblem(type, name, most, requests[name], limits[name])),
  ...each(maxLimitRequestRatio, (name, most) => ratioProblem(type, name, most, requests[name], limits[name])),
]

/** A claim has requests alone. */
export const claimProblems = ({ type, min, max }: Limit, requests: Amounts): string[] => [
  ...each(min, (name, least) => leastProblem(type, name, least, requests[name], undefined)),
  ...each(max, (name, most) => mostAskedProblem(type, name, most, requests[name])),
]

function leastProblem(type: string, name: string, least: string, request: Amount, limit: Amount): string | undefined {
  const text = `minimum ${name} usage per ${type} is ${least}`
  if (request === undefined) return `${text}.  No request is specified`
  if (compareQuantities(request, least) < 0) return `${text}, but request is ${request}`
  return limit !== undefined && compareQuantities(limit, least) < 0 ? `${text}, but limit is ${limit}` : undefined
}

function mostProblem(type: string, name: string, most: string, request: Amount, limit: Amount): string | undefined {
  const text = `maximum ${name} usage per ${type} is ${most}`
  if (limit === undefined) return `${text}.  No limit is specified`
  if (compareQuantities(limit, most) > 0) return `${text}, but limit is ${limit}`
  return request !== undefined && compareQuantities(request, most) > 0
    ? `${text}, but request is ${request}`
    : undefined
}

function mostAskedProblem(type: string, name: string, most: string, request: Amount): string | undefined {
  const text = `maximum ${name} usage per ${type} is ${most}`
  if (request === undefined) return `${text}.  No request is specified`
  return compareQuantities(request, most) > 0 ? `${text}, but request is ${request}` : undefined
}

function ratioProblem(type: string, name: string, most: string, request: Amount, limit: Amount): string | undefined {
  const text = `${name} max limit to request ratio per ${type} is ${most}, but`
  const [asked = 0, allowed = 0, ratio = 0] = [request, limit, most].map((amount) => parseQuantity(amount ?? '0'))
  if (asked === 0) return `${text} no request is specified or request is 0`
  if (allowed === 0) return `${text} no limit is specified or limit is 0`
  return allowed / asked > ratio ? `${text} provided ratio is ${(allowed / asked).toFixed(6)}` : undefined
}
