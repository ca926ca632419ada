import { z } from 'zod'
import { defineFault } from '../fault-kind.ts'

/** The kubelet neither renews its Lease nor posts node status; the node-lifecycle controller draws its conclusions. */
export const machineKubeletSilent = defineFault({
  kind: 'machine.kubeletSilent',
  plane: 'machine',
  impairment: 'kubeletSilent',
  summary: 'the kubelet stops posting: after the grace period the node is Ready=Unknown',
  legality: 'ambient',
  unit: 'object',
  schema: z.strictObject({}),
  example: {},
})
