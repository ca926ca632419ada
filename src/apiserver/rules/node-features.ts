/** What a node says that its kubelet can do. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateNodeDeclaredFeatures. */
import { duplicate, invalidValue, type StatusCause } from '../../kube/status.ts'
import { spelled } from './causes.ts'

type Cause = Required<StatusCause>

const nameMax = 253
const featuresAre =
  "must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"

/** Sorted, and each once. */
export const featureCauses = (features: readonly string[] = []): Cause[] =>
  features.flatMap((feature, index) => {
    const [next, at] = [features[index + 1], `status.declaredFeatures[${index + 1}]`]
    return [
      ...spelled(`status.declaredFeatures[${index}]`, feature, featureProblems),
      ...(feature === next ? [duplicate(at, next)] : []),
      ...(next !== undefined && feature > next ? [invalidValue(at, next, 'list must be sorted alphabetically')] : []),
    ]
  })

function featureProblems(name: string): string[] {
  const problem = (text: string): string[] => [`invalid feature name ${JSON.stringify(name)}: ${text}`]
  if (Buffer.byteLength(name) > nameMax) return problem(`must be no more than ${nameMax} characters`)
  return /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/.test(name) ? [] : problem(featuresAre)
}
