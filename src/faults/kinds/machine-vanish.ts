import { z } from 'zod'
import { defineFault } from '../fault-kind.ts'

/** The virtual machine disappears with its kubelet, its etcd member and its API server. Healing does not bring it back. */
export const machineVanish = defineFault({
  kind: 'machine.vanish',
  plane: 'machine',
  impairment: 'vanished',
  summary: 'the virtual machine is gone, for good',
  legality: 'ambient',
  unit: 'object',
  schema: z.strictObject({}),
  example: {},
})
