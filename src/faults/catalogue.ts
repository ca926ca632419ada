/** Every fault there is: the table of contents of kinds/. A contract test covers a kind the moment it is listed. */
import type { FaultKind } from './fault-kind.ts'
import { connBlackhole } from './kinds/conn-blackhole.ts'
import { connRefuse } from './kinds/conn-refuse.ts'
import { connReset } from './kinds/conn-reset.ts'
import { httpError } from './kinds/http-error.ts'
import { latency } from './kinds/latency.ts'
import { machineBootStuck } from './kinds/machine-boot-stuck.ts'
import { machineKubeletSilent } from './kinds/machine-kubelet-silent.ts'
import { machineNotReady } from './kinds/machine-not-ready.ts'
import { machineVanish } from './kinds/machine-vanish.ts'
import { watchClose } from './kinds/watch-close.ts'
import { watchExpire } from './kinds/watch-expire.ts'
import { watchHang } from './kinds/watch-hang.ts'

export const faultCatalogue: readonly FaultKind[] = [
  connBlackhole,
  connRefuse,
  connReset,
  httpError,
  latency,
  machineBootStuck,
  machineKubeletSilent,
  machineNotReady,
  machineVanish,
  watchClose,
  watchExpire,
  watchHang,
]

export const faultKind = (name: string): FaultKind | undefined => faultCatalogue.find((kind) => kind.kind === name)
export const faultNames: readonly string[] = faultCatalogue.map((kind) => kind.kind)
