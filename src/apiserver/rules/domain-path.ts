/** `example.com/controller`. Source: k8s.io/apimachinery/pkg/util/validation, IsDomainPrefixedPath. */
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'

const path = /^([A-Za-z0-9/\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})+$/

export function domainPathCauses(field: string, text: string): Required<StatusCause>[] {
  if (text === '') return [required(field)]
  const slash = text.indexOf('/')
  const [domain, name] = [text.slice(0, Math.max(slash, 0)), text.slice(slash + 1)]
  if (slash < 0 || domain === '' || name === '')
    return [invalidValue(field, text, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  return [
    ...spelled(field, domain, subdomainProblems),
    ...(path.test(name) ? [] : [invalidValue(field, name, 'Invalid path')]),
  ]
}
