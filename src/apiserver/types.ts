/** Objects as the generic server sees them: metadata it knows, fields it doesn't. */
import type { KubeObject as Shape } from '../kube/object.ts'

export type KubeObject = Shape & Readonly<Record<string, unknown>>
export type LabelMap = Readonly<Record<string, string>>
