// What a figure is.

import { figureStyle, lightVariables } from './palette.ts'
import { element, escapeText } from './svg.ts'

/** A figure that answers one question. */
export interface Figure {
  /** Of its file, without an extension: `cost-random`. */
  name: string
  /** What it shows, in a line. */
  title: string
  /** An SVG document whose colours and fonts are up to the page around it. */
  svg: string
}

/** Every figure is made for the width of a phone; wider screens show several side by side. */
export const figureWidth = 360

export function drawing(title: string, height: number, content: string): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${figureWidth} ${Math.ceil(height)}`,
      role: 'img',
      'aria-label': title,
    },
    content,
  )
}

/** As a file of its own, on white ground. */
export function standalone({ svg, title }: Figure): string {
  const style = `svg{${lightVariables};background:#fff}\n${figureStyle}`
  return svg.replace(
    /^(<svg [^>]*>)/,
    (opening) => `${opening}<title>${escapeText(title)}</title><style>${style}</style>`,
  )
}
