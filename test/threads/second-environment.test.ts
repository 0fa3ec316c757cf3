// A second test file, so a second environment of the same process at the same time.

import { expect, test } from 'vitest'
import { BufferObject, DirtyTracker } from '../../lib/index.ts'
import { exact, pageSize } from '../support/mechanisms.ts'
import { pagesIn, touch } from '../support/pages.ts'
import { rounds } from '../support/rounds.ts'

test.each(exact)('tracks under %s beside the first', (policy) => {
  const bo = new BufferObject({ size: 64 * pageSize })
  const bytes = new Uint8Array(bo.map())
  const tracker = DirtyTracker.track(bo, { policy })
  tracker.collect()
  for (let round = 0; round < rounds(500); round++) {
    touch(bytes, round % 64)
    expect(pagesIn(tracker.collect())).toEqual([round % 64])
  }
  bo.destroy()
})
