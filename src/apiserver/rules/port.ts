/** Port numbers. Source: k8s.io/apimachinery/pkg/util/validation, IsValidPortNum. */
import { invalidValue, type StatusCause } from '../../kube/status.ts'

export const portCause = (field: string, value: unknown): Required<StatusCause>[] =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535
    ? []
    : [invalidValue(field, value, 'must be between 1 and 65535, inclusive')]
