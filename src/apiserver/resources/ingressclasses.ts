import { ageColumn, column, computed, nameColumn } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { ingressClassCauses, type IngressClass } from '../rules/ingress.ts'

const nameText = ({ metadata: { name, annotations } }: KubeObject): string =>
  `${name}${annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true' ? ' (default)' : ''}`

function parametersText({ spec }: IngressClass): string {
  if (spec?.parameters === undefined) return '<none>'
  const { apiGroup, kind, name } = spec.parameters
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`
}

export const ingressClasses = builtIn({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'ingressclasses',
  kind: 'IngressClass',
  namespaced: false,
  generation: true,
  defaults: (ingressClass) => {
    const { spec } = ingressClass as IngressClass
    if (spec?.parameters === undefined) return ingressClass
    return {
      ...ingressClass,
      spec: { ...spec, parameters: { ...spec.parameters, scope: spec.parameters.scope ?? 'Cluster' } },
    }
  },
  validate: (ingressClass, before) => ingressClassCauses(ingressClass as IngressClass, before as IngressClass),
  documented: {
    Controller: 'Controller that is responsible for handling this class',
    Parameters: 'A reference to a resource with additional parameters',
  },
  columns: [
    { ...nameColumn, ...computed('Name', 'string', nameText), description: nameColumn.description },
    column('Controller', 'string', '.spec.controller'),
    computed('Parameters', 'string', parametersText),
    ageColumn,
  ],
})
