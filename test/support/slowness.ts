/** How many times as long as usual things may take here: emulated machines, sanitizers. */
export const slowness = Number(process.env.MKWRITE_TEST_TIMEOUT_SCALE ?? 1)
