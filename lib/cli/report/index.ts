// A measurement as text: for a terminal, or as Markdown for the summary of a CI job.

import { stripVTControlCharacters } from 'node:util'
import type { MeasureResult } from '../../measure/index.ts'
import { effectSections } from './effects.ts'
import { renderEnvironment, renderNoise } from './environment.ts'
import { faultSections } from './faults.ts'
import { floorSections } from './floors.ts'
import { renderMarkdown, renderText, type Section } from './section.ts'
import { detailSections, sweepSections } from './sweep.ts'
import { renderVerdict } from './verdict.ts'

/** @param details whether to add a table for each contender of the sweep */
export function renderReport(result: MeasureResult, details = false): string {
  return join([
    renderEnvironment(result),
    ...sectionsOf(result, details).map(renderText),
    renderVerdict(result).join('\n'),
    renderNoise(result.noise),
  ])
}

/** The same without bars and colours, the conclusions first. */
export function renderMarkdownReport(result: MeasureResult, details = false): string {
  const verdict = renderVerdict(result).map((line) => `- ${line}`)
  const paragraphs = [
    '## mkwrite measure',
    renderEnvironment(result).replaceAll('\n', '  \n'),
    verdict.join('\n'),
    renderNoise(result.noise),
  ]
  const tables = sectionsOf(result, details).map(renderMarkdown)
  return stripVTControlCharacters(join([...paragraphs, ...tables]))
}

const sectionsOf = (
  { floors, faults, sweep, effects }: MeasureResult,
  details: boolean,
): Section[] => [
  ...floorSections(floors),
  ...faultSections(faults),
  ...sweepSections(sweep),
  ...(details ? detailSections(sweep) : []),
  ...effectSections(effects),
]

const join = (texts: readonly string[]): string => texts.filter((text) => text !== '').join('\n\n')
