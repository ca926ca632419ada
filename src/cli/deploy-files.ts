/** The files of deploy/, which ship with the package. */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments, type Document } from 'yaml'
import type { CustomResourceDefinition } from '../apiserver/custom/definition-of.ts'

const path = (name: string): string => fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url))

export const deployFile = (name: string): string => readFileSync(path(name), 'utf8')

const definitionFiles = (): string[] => readdirSync(path('crds')).sort()

/** Our own definitions, one YAML document after the other. */
export const definitionsText = (): string =>
  definitionFiles()
    .map((name) => deployFile(`crds/${name}`))
    .join('---\n')

export const ownDefinitions = (): CustomResourceDefinition[] =>
  (parseAllDocuments(definitionsText()) as Document[]).map((document) => document.toJS() as CustomResourceDefinition)
