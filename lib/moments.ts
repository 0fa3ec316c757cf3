// Moments of a thread that who measures it wants to know at once: no event (lib/events.ts) comes before
// what it tells. Nothing but a comparison while nobody does.

export interface Moments {
  /** Before a submission or a collect does anything. */
  taking?: (() => void) | undefined
  /** The thread goes on, and may have waited for a device until now. */
  resumed?: (() => void) | undefined
}

export const moments: Moments = {}
