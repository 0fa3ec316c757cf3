// How much random tests do: MKWRITE_TEST_RUNS multiplies it (0.2 on an emulated machine, 50 overnight).

const scale = Number(process.env.MKWRITE_TEST_RUNS ?? (process.env.MKWRITE_VM === '1' ? 0.2 : 1))

export function rounds(usual: number): number {
  return Math.max(1, Math.round(usual * scale))
}
