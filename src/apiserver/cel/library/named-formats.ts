/** Named formats of texts. Source: k8s.io/apiserver/pkg/cel/library/format.go. */
import { Optional, type Environment } from '@marcbachmann/cel-js'
import {
  label1035Problems,
  labelProblems,
  labelValueProblems,
  qualifiedNameProblems,
  subdomainProblems,
  type Syntax,
} from '../../../kube/syntax.ts'
import { formatProblem } from '../../custom/formats.ts'
import { linkProblem } from './urls.ts'

class NamedFormat {
  readonly problems: Syntax

  constructor(problems: Syntax) {
    this.problems = problems
  }
}
class FormatNamespace {}

/** What generated names begin with: a dash at the end is no mistake. */
const prefixOf =
  (problems: Syntax): Syntax =>
  (text) =>
    problems(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text)

const known =
  (format: string, problem: string): Syntax =>
  (text) =>
    formatProblem(format, text) === undefined ? [] : [problem]

const formats: Readonly<Record<string, Syntax>> = {
  dns1123Label: labelProblems,
  dns1123Subdomain: subdomainProblems,
  dns1035Label: label1035Problems,
  qualifiedName: qualifiedNameProblems,
  dns1123LabelPrefix: prefixOf(labelProblems),
  dns1123SubdomainPrefix: prefixOf(subdomainProblems),
  dns1035LabelPrefix: prefixOf(label1035Problems),
  labelValue: labelValueProblems,
  uri: (text) => {
    const problem = linkProblem(text)
    return problem === undefined ? [] : [problem]
  },
  uuid: known('uuid', 'does not match the UUID format'),
  byte: known('byte', 'invalid base64'),
  date: known('date', 'invalid date'),
  datetime: known('datetime', 'invalid datetime'),
}

export function registerFormats(environment: Environment): void {
  environment.registerType('FormatNamespace', FormatNamespace)
  environment.registerType('kubernetes.NamedFormat', NamedFormat)
  environment
    .registerConstant('format', 'FormatNamespace', new FormatNamespace())
    .registerFunction('FormatNamespace.named(string): optional<kubernetes.NamedFormat>', (_: unknown, name: string) => {
      const problems = formats[name]
      return problems === undefined ? Optional.none() : Optional.of(new NamedFormat(problems))
    })
    .registerFunction(
      'kubernetes.NamedFormat.validate(string): optional<list<string>>',
      ({ problems }: NamedFormat, text: string) => {
        const found = problems(text)
        return found.length === 0 ? Optional.none() : Optional.of(found)
      },
    )
  for (const [name, problems] of Object.entries(formats))
    environment.registerFunction(`FormatNamespace.${name}(): kubernetes.NamedFormat`, () => new NamedFormat(problems))
}
