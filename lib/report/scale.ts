// From values to places on paper.

/** An axis, logarithmic as costs and shares are. */
export interface LogScale {
  (value: number): number
  /** Values worth a label. */
  ticks: number[]
  /** Values worth a line. */
  minorTicks: number[]
  domain: [number, number]
}

/**
 * @param values what has to fit in, all above zero
 * @param range places of the smallest and the largest
 */
export function logScale(values: readonly number[], range: readonly [number, number]): LogScale {
  const positive = values.filter((value) => value > 0)
  const low = positive.length > 0 ? Math.min(...positive) : 1
  const high = positive.length > 0 ? Math.max(...positive) : 10
  // A little space, and never less than half a decade.
  const spare = Math.max(Math.sqrt(10 ** 0.5 / (high / low)), 1) * 1.1
  const domain: [number, number] = [low / spare, high * spare]
  return withDomain(domain, range)
}

/** With exactly this domain. */
export function withDomain(domain: [number, number], range: readonly [number, number]): LogScale {
  const [begin, end] = range
  const [low, high] = domain.map(Math.log10) as [number, number]
  const place = (value: number): number =>
    begin + ((Math.log10(value) - low) / (high - low)) * (end - begin)
  const decades = Array.from(
    { length: Math.floor(high) - Math.floor(low) + 1 },
    (_, index) => Math.floor(low) + index,
  )
  const inside = (value: number): boolean =>
    value >= domain[0] * 0.999 && value <= domain[1] * 1.001
  const multiples = (factors: readonly number[]): number[] =>
    decades.flatMap((decade) => factors.map((factor) => factor * 10 ** decade)).filter(inside)
  // Few decades need more labels than their powers of ten.
  const span = high - low
  const labelled = span > 2.2 ? [1] : span > 1.1 ? [1, 3] : [1, 2, 5]
  return Object.assign(place, {
    ticks: multiples(labelled),
    minorTicks: multiples([1, 2, 3, 4, 5, 6, 7, 8, 9]),
    domain,
  })
}
