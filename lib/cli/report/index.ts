// A measurement as text for a terminal.

import type { MeasureResult } from '../../measure/index.ts'
import { renderEffects } from './effects.ts'
import { renderEnvironment, renderNoise } from './environment.ts'
import { renderFaults } from './faults.ts'
import { renderFloors } from './floors.ts'
import { renderDetails, renderSweep } from './sweep.ts'
import { renderVerdict } from './verdict.ts'

/** @param details whether to add a table for each contender of the sweep */
export function renderReport(result: MeasureResult, details = false): string {
  const sections = [
    renderEnvironment(result),
    renderFloors(result.floors),
    renderFaults(result.faults),
    renderSweep(result.sweep),
    ...(details ? renderDetails(result.sweep) : []),
    ...renderEffects(result.effects),
    renderVerdict(result),
    renderNoise(result.noise),
  ]
  return sections.filter((text) => text !== '').join('\n\n')
}
