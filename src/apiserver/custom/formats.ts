/** String formats of schemas, and what the real server says of a value that isn't one. Source: kube-openapi/pkg/validation/strfmt. */
import { isIPv4, isIPv6 } from 'node:net'

const checks: Readonly<Record<string, (value: string) => boolean>> = {
  'date-time': (value) =>
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(value) &&
    !Number.isNaN(Date.parse(value)),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  duration: (value) => /^\s*-?((\d+(\.\d+)?|\.\d+)\s*(ns|us|µs|ms|s|m|h|d|w)\s*)+$/.test(value) || value === '0',
  byte: (value) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value),
  ipv4: isIPv4,
  ipv6: isIPv6,
  cidr: (value) => {
    const [address = '', bits = ''] = value.split('/')
    return /^\d+$/.test(bits) && ((isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128))
  },
  uri: (value) => URL.canParse(value) || value.startsWith('/'),
  email: (value) => /^[^@\s]+@[^@\s]+$/.test(value),
  hostname: (value) =>
    /^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?(\.[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*$/.test(value),
  uuid: (value) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
}

/** Undefined when the value fits, or when nobody knows the format: the real server ignores those too. */
export function formatProblem(format: string, value: string): string | undefined {
  const check = checks[format]
  return check === undefined || check(value) ? undefined : `must be of type ${format}: ${JSON.stringify(value)}`
}
