// What was measured on, and how quiet it was.

import type { MeasureEnvironment, MeasureResult, Noise } from '../../measure/index.ts'
import { formatShare, formatSize } from '../quantities.ts'
import { style } from '../table.ts'

/** The machine and what was asked for. */
export function renderEnvironment({ environment: it, settings, clock }: MeasureResult): string {
  const lines = [
    style('bold', `mkwrite ${it.mkwrite}, Node.js ${it.node}, Linux ${it.kernel}`),
    `${it.cpu}, ${it.cpus} processors, ${it.arch}${renderSurroundings(it)}; fingerprint ${it.fingerprint}`,
    `frames on a buffer of ${formatSize(settings.size)} in pages of ${formatSize(it.pageSize)}, ${settings.bytesPerPage} bytes written to each dirty page`,
  ]
  if (clock.reason !== null)
    lines.push(style('yellow', `Timed by ${clock.source}: ${clock.reason}`))
  return lines.join('\n')
}

function renderSurroundings(it: MeasureEnvironment): string {
  const around: string[] = []
  if (it.hypervisor !== null) around.push(`, under ${it.hypervisor}`)
  if (it.container !== null) around.push(`, in a container (${it.container})`)
  if (it.seccomp === 'filter') around.push(', with a seccomp filter')
  if (it.cgroup.cpus !== null) around.push(`, limited to ${it.cgroup.cpus} processors`)
  return around.join('')
}

/** Load and drift above which a measurement is hardly worth keeping. */
const muchLoad = 0.1
const muchDrift = 0.1

/** How far the results can be trusted. */
export function renderNoise(noise: Noise): string {
  const { rows, tightRows, medianDrift, seconds, otherLoad, stolen } = noise
  const warnings: string[] = []
  if ((otherLoad ?? 0) > muchLoad) {
    warnings.push(`other programs took ${formatShare(otherLoad ?? 0)} of the processors' time`)
  }
  if ((stolen ?? 0) > muchLoad / 10) {
    warnings.push(`the hypervisor gave ${formatShare(stolen ?? 0)} of it to other guests`)
  }
  if (medianDrift > muchDrift) {
    warnings.push(`half of the rows drifted by more than ${formatShare(medianDrift)}`)
  }
  const quality = `Took ${seconds.toFixed(0)} s. Of ${rows} medians ${tightRows} are known within 5 %; between passes half of them drifted by less than ${formatShare(medianDrift)}.`
  if (warnings.length === 0) return style('dim', quality)
  return `${style('dim', quality)}\n${style('yellow', `The machine was busy: ${warnings.join('; ')}.`)}`
}
