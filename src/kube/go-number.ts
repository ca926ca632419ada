/** What Go says of a text that is no whole number of 64 bits. Source: package strconv, NumError. */
export function integerProblem(text: string, parser: 'ParseInt' | 'ParseUint'): string | undefined {
  const [form, least, most] = limits[parser]
  const isNumber = form.test(text)
  if (isNumber && BigInt(text) >= least && BigInt(text) <= most) return undefined
  const why = isNumber ? 'value out of range' : 'invalid syntax'
  return `strconv.${parser}: parsing ${JSON.stringify(text)}: ${why}`
}

const limits = {
  ParseInt: [/^[+-]?\d+$/, -(2n ** 63n), 2n ** 63n - 1n],
  ParseUint: [/^\d+$/, 0n, 2n ** 64n - 1n],
} as const
