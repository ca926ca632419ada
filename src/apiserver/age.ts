/** Source: k8s.io/apimachinery/pkg/util/duration, HumanDuration. */
export function age(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 0) return '0s'
  const minutes = Math.floor(seconds / 60)
  const hours = Math.floor(minutes / 60)
  const days = Math.floor(hours / 24)
  const both = (large: number, unit: string, small: number, smallUnit: string): string =>
    `${large}${unit}${small === 0 ? '' : `${small}${smallUnit}`}`
  if (seconds < 120) return `${seconds}s`
  if (minutes < 10) return both(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  if (hours < 8) return both(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  if (days < 8) return both(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  return both(Math.floor(days / 365), 'y', days % 365, 'd')
}
