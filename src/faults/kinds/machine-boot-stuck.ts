import { z } from 'zod'
import { defineFault } from '../fault-kind.ts'

/** Machines that begin to boot while the fault lasts stay in provisioning until it is healed. */
export const machineBootStuck = defineFault({
  kind: 'machine.bootStuck',
  plane: 'machine',
  impairment: 'bootStuck',
  summary: 'machines that start booting while it lasts never finish',
  legality: 'ambient',
  unit: 'object',
  schema: z.strictObject({}),
  example: {},
  onBoot: true,
})
