// Quantities as people read them on an axis.

/** Nanoseconds with a unit and about three digits: `85 ns`, `1.2 µs`, `40 ms`. */
export function formatTime(ns: number): string {
  const [unit, factor] =
    ns < 1e3 ? ['ns', 1] : ns < 1e6 ? ['µs', 1e3] : ns < 1e9 ? ['ms', 1e6] : ['s', 1e9]
  return `${Number((ns / (factor as number)).toPrecision(3))} ${unit}`
}

/** 0.001 becomes `0.1 %`. */
export const formatShare = (share: number): string => `${Number((share * 100).toPrecision(3))} %`

/** Where a time lies: `1.2 µs (1.1 µs to 1.3 µs)`. */
export const formatInterval = (ns: number, [low, high]: readonly [number, number]): string =>
  `${formatTime(ns)} (${formatTime(low)} to ${formatTime(high)})`
