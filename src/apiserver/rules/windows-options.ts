/** Whom a container runs as on Windows. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateWindowsSecurityContextOptions. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'

type Cause = Required<StatusCause>

const credentialBytesMax = 64 * 1024
const domainMax = 256
const userMax = 104
const isNetBios = (domain: string): boolean => /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/.test(domain)

export function windowsOptionsCauses(options: unknown, at: string): Cause[] {
  if (!isRecord(options)) return []
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credential, runAsUserName: user } = options
  const wrong = (field: string, value: unknown, text: string): Cause => invalidValue(`${at}.${field}`, value, text)
  return [
    ...(typeof name === 'string' ? spelled(`${at}.gmsaCredentialSpecName`, name, subdomainProblems) : []),
    ...(credential === ''
      ? [wrong('gmsaCredentialSpec', credential, 'gmsaCredentialSpec cannot be an empty string')]
      : typeof credential === 'string' && Buffer.byteLength(credential) > credentialBytesMax
        ? [wrong('gmsaCredentialSpec', credential, 'gmsaCredentialSpec size must be under 64 KiB')]
        : []),
    ...(typeof user === 'string' ? userProblems(user).map((text) => wrong('runAsUserName', user, text)) : []),
  ]
}

const isControl = (character: string): boolean => character < ' ' || character === '\x7f'

function userProblems(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if ([...name].some(isControl)) return ['runAsUserName cannot contain control characters']
  const [user = '', domain, ...more] = name.split('\\').toReversed()
  if (more.length > 0) return ['runAsUserName cannot contain more than one backslash']
  return [
    ...(domain !== undefined && domain.length >= domainMax
      ? [`runAsUserName's Domain length must be under ${domainMax} characters`]
      : []),
    ...(domain !== undefined && !isNetBios(domain) && subdomainProblems(domain).length > 0
      ? ["runAsUserName's Domain doesn't match the NetBios nor the DNS format"]
      : []),
    ...(user === '' ? ["runAsUserName's User cannot be empty"] : []),
    ...(user.length > userMax ? [`runAsUserName's User length must not be longer than ${userMax} characters`] : []),
    ...(/^[. ]+$/.test(user) ? ["runAsUserName's User cannot contain only periods or spaces"] : []),
    ...(/["/\\:;|=,+*?<>@[\]]/.test(user)
      ? ['runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]']
      : []),
  ]
}
