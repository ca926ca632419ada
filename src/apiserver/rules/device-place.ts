/** Where devices are: said of a whole slice or of each of its devices. Source: k8s.io/kubernetes/pkg/apis/resource/validation. */
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import { goShape } from './go-diff.ts'
import { nodeSelectorCauses } from './placement.ts'

type Cause = Required<StatusCause>

export interface Place {
  readonly nodeName?: string
  readonly nodeSelector?: { readonly nodeSelectorTerms?: readonly object[] | null }
  readonly allNodes?: boolean
}

const saidIn = ({ nodeName, nodeSelector, allNodes }: Place): string[] => [
  ...(nodeName ? ['`nodeName`'] : []),
  ...(nodeSelector === undefined ? [] : ['`nodeSelector`']),
  ...(allNodes === true ? ['`allNodes`'] : []),
]

export function slicePlaceCauses(spec: Place & { readonly perDeviceNodeSelection?: boolean }): Cause[] {
  const { nodeSelector, perDeviceNodeSelection: perDevice } = spec
  const terms = nodeSelector?.nodeSelectorTerms ?? []
  const given = [...saidIn(spec), ...(perDevice === true ? ['`perDeviceNodeSelection`'] : [])]
  return [
    ...placeCauses(spec, 'spec', 'must be either unset or set to a non-empty string'),
    ...(nodeSelector === undefined || terms.length === 1
      ? []
      : [
          invalidValue(
            'spec.nodeSelector.nodeSelectorTerms',
            nodeSelector.nodeSelectorTerms?.map((term) => goShape('core-v1.NodeSelectorTerm', term)) ?? null,
            'must have exactly one node selector term',
          ),
        ]),
    ...(perDevice === false ? [unsetOrTrue('spec.perDeviceNodeSelection')] : []),
    ...oneGiven('spec', given, placesOfSlice, placesOfSlice + ', but multiple fields are set'),
  ]
}

const placesOfSlice = 'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'
const placesOfDevice =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'

const unsetOrTrue = (at: string): Cause => invalidValue(at, false, 'must be either unset or set to true')

const oneGiven = (at: string, given: readonly string[], none: string, several: string): Cause[] =>
  given.length === 0
    ? [required(at, none)]
    : given.length === 1
      ? []
      : [invalidValue(at, `{${given.join(', ')}}`, several)]

const placeCauses = ({ nodeName, nodeSelector, allNodes }: Place, at: string, unnamed: string): Cause[] => [
  ...(nodeName === undefined
    ? []
    : nodeName === ''
      ? [invalidValue(`${at}.nodeName`, '', unnamed)]
      : spelled(`${at}.nodeName`, nodeName, subdomainProblems)),
  ...(nodeSelector === undefined ? [] : nodeSelectorCauses(`${at}.nodeSelector`, nodeSelector)),
  ...(allNodes === false ? [unsetOrTrue(`${at}.allNodes`)] : []),
]

export function devicePlaceCauses(device: Place, at: string, isPerDevice: boolean): Cause[] {
  const { nodeName, nodeSelector, allNodes } = device
  if (!isPerDevice)
    return nodeName === undefined && nodeSelector === undefined && allNodes === undefined
      ? []
      : [
          invalidValue(
            at,
            null,
            '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
          ),
        ]
  return [
    ...placeCauses(device, at, 'must not be empty'),
    ...oneGiven(at, saidIn(device), placesOfDevice, placesOfDevice),
  ]
}
