import { z } from 'zod'
import { defineFault } from '../fault-kind.ts'

/** The kubelet is there and says that it is not ready (reason KubeletNotReady). */
export const machineNotReady = defineFault({
  kind: 'machine.notReady',
  plane: 'machine',
  impairment: 'notReady',
  summary: 'the kubelet reports Ready=False',
  legality: 'ambient',
  unit: 'object',
  schema: z.strictObject({}),
  example: {},
})
