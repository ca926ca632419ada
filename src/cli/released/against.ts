/** What a soak against released controllers is told, and what its profile may not say. */
import { UsageError } from '../../base/usage-error.ts'
import type { SoakProfile } from '../../soak/profile.ts'
import type { AgainstFacts } from '../../soak/report/model.ts'

/** The flags that lead to the same place again. */
export const againstFlags = (against: AgainstFacts | undefined): string[] =>
  against === undefined
    ? []
    : [
        `--kubeconfig ${against.kubeconfig}`,
        `--control ${against.control}`,
        ...against.scrape.map((manager) => `--scrape ${manager}`),
      ]

/** What a profile may not say where the controllers are others'. */
export function checkReleased(profile: SoakProfile, plant: string): void {
  const settings = [...Object.keys(profile.timers), ...Object.keys(profile.nodes)]
  if (settings.length > 0)
    throw new UsageError(
      `${profile.file}: sets ${settings.slice(0, 3).join(', ')}, which only our own controllers take; with --kubeconfig use a profile without timers and nodes, as profiles/released.yaml`,
    )
  if (plant !== '' && plant !== 'no-data')
    throw new UsageError(`--plant ${plant}: plants a bug in our own controllers; leave it out with --kubeconfig`)
}
