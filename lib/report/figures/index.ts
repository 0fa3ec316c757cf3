// All figures of a measurement.

import type { MeasureResult } from '../../measure/index.ts'
import type { Figure } from '../figure.ts'
import { autoFigures } from './auto.ts'
import { costFigures } from './cost.ts'
import { effectFigures } from './effects.ts'
import { latencyFigures } from './latency.ts'
import { splitFigures } from './split.ts'

/** Figures by the question that they answer. */
export interface FigureGroups {
  cost: Figure[]
  auto: Figure[]
  latency: Figure[]
  split: Figure[]
  effects: Figure[]
}

export function drawFigures({ sweep, crossovers, faults, effects }: MeasureResult): FigureGroups {
  return {
    cost: costFigures(sweep, crossovers),
    auto: autoFigures(sweep),
    latency: latencyFigures(faults),
    split: splitFigures(faults, sweep),
    effects: effectFigures(effects),
  }
}
