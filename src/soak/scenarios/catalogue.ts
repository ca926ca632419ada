/** Every churn scenario: the table of contents of this folder. */
import { createDelete } from './create-delete.ts'
import { rollingUpgrade } from './rolling-upgrade.ts'
import { scaleControlPlane } from './scale-control-plane.ts'
import { scaleWorkers } from './scale-workers.ts'
import type { Scenario } from './scenario.ts'

export const scenarioCatalogue: readonly Scenario[] = [createDelete, rollingUpgrade, scaleControlPlane, scaleWorkers]
