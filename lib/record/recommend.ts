// Which policy suits a program, and why.

import type { Policy } from '../policy.ts'
import type { ProgramSummary, Recommendation, ReplayCase } from './replay-result.ts'

/** What differs by less than this share of the frame is no reason to leave the default. */
const negligibleShare = 0.01
/** Nor is what differs by less than this factor. */
const negligibleFactor = 1.05

type PolicyCase = ReplayCase & { policy: Policy }

const isPolicy = (it: ReplayCase): it is PolicyCase => it.policy !== 'explicit'

/**
 * @param cases the cheapest first
 * @returns null if each of them lost something
 */
export function recommend(
  cases: readonly ReplayCase[],
  program: ProgramSummary,
): Recommendation | null {
  const sound = cases
    .filter(isPolicy)
    .filter(({ lostPages, stalePages }) => lostPages + stalePages === 0)
  const [best] = sound
  if (best === undefined) return null
  const preset = sound.find(({ policy }) => policy === presetOf(sound)) ?? best
  const cost = ({ msPerFrame }: ReplayCase): number => Math.max(msPerFrame.mean, 0)
  const gain = cost(preset) - cost(best)
  const frame = program.ownMs === null ? 0 : program.ownMs + cost(best)
  const isNegligible =
    cost(preset) <= cost(best) * negligibleFactor || gain <= frame * negligibleShare
  const chosen = isNegligible ? preset : best
  const comparison =
    chosen === best
      ? costs(chosen)
      : `${costs(chosen)} ${best.policy} would cost ${milliseconds(cost(best))}, which is not worth a change.`
  const sentences = [
    describeProgram(program),
    comparison,
    explain(chosen, program),
    compare(chosen, cases),
  ]
  return { policy: chosen.policy, reason: sentences.filter((it) => it !== '').join(' ') }
}

/** What a device takes without being told. */
const presetOf = (cases: readonly PolicyCase[]): Policy =>
  cases.some(({ policy }) => policy === 'userfault') ? 'userfault' : 'write-fault'

const milliseconds = (ms: number): string => `${ms < 0.1 ? ms.toFixed(4) : ms.toFixed(3)} ms`

function costs({ policy, msPerFrame, percent }: ReplayCase): string {
  const share = percent === null ? '' : `, ${percent.toFixed(1)} % of the program's own time`
  return `${policy} costs ${milliseconds(msPerFrame.mean)} per frame${share}.`
}

function describeProgram(program: ProgramSummary): string {
  const { dirtyPages, usedPages, dirtyRuns, pagesReadBack } = program
  const count = (value: number): string => (value < 10 ? value.toFixed(1) : value.toFixed(0))
  const share = usedPages === 0 ? '' : ` (${((100 * dirtyPages) / usedPages).toFixed(1)} %)`
  const back =
    pagesReadBack > 0 ? `, and touches ${count(pagesReadBack)} that the device wrote` : ''
  return `A frame uses ${count(usedPages)} pages and writes ${count(dirtyPages)} of them${share} in ${count(dirtyRuns)} runs${back}.`
}

function explain(
  { policy, faults, pagesReported }: ReplayCase,
  { dirtyPages }: ProgramSummary,
): string {
  if (policy === 'full') return 'Copying all of them costs less than finding out which.'
  if (policy === 'write-fault') {
    return `It takes ${faults.toFixed(1)} signals per frame, which is less than a scan of all costs.`
  }
  if (policy === 'userfault' || policy === 'soft-dirty') {
    return 'A fault inside the kernel for each written page, and one scan, cost least.'
  }
  const unseen = Math.max(pagesReported - dirtyPages, 0)
  return policy === 'auto'
    ? `It reports ${unseen.toFixed(1)} pages per frame that were not written, and saves their faults.`
    : ''
}

function compare(chosen: ReplayCase, cases: readonly ReplayCase[]): string {
  const explicit = cases.find(({ policy }) => policy === 'explicit')
  const worst = cases.filter(isPolicy).at(-1)
  const parts: string[] = []
  if (worst !== undefined && worst.policy !== chosen.policy) {
    parts.push(`${worst.policy} would cost ${milliseconds(worst.msPerFrame.mean)}`)
  }
  if (explicit !== undefined) {
    const cost = milliseconds(explicit.msPerFrame.mean)
    parts.push(
      `a program that flushed exactly what it wrote ${parts.length > 0 ? '' : 'would pay '}${cost}`,
    )
  }
  return parts.length === 0 ? '' : `${parts.join(', ')}.`
}
