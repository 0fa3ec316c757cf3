// Measurements as pages and figures.

import type { MeasureResult } from '../measure/index.ts'
import { standalone } from './figure.ts'
import { drawFigures } from './figures/index.ts'

export { renderHtml } from './page.ts'

/** A figure as a file. */
export interface FigureFile {
  /** `cost-random.svg` */
  name: string
  /** What it shows. */
  title: string
  /** The SVG document, on white ground. */
  svg: string
}

/** All figures of the report, each as a file of its own. */
export function renderFigures(result: MeasureResult): FigureFile[] {
  return Object.values(drawFigures(result))
    .flat()
    .map((figure) => ({
      name: `${figure.name}.svg`,
      title: figure.title,
      svg: standalone(figure),
    }))
}
