// mkwrite probe

import { readLockLimit } from '../measure/environment/machine.ts'
import { realFiles } from '../measure/environment/reader.ts'
import { type ProbeResult, probe } from '../probe.ts'
import { printJson, type Registration } from './command.ts'
import { formatSize } from './quantities.ts'
import { renderTable, style } from './table.ts'

export const registerProbe: Registration = (cli) => {
  cli
    .command(
      'probe',
      'Which mechanisms work here, why the others do not, and what would change that',
    )
    .option('--json', 'Print JSON (schema mkwrite.probe/1)')
    .example((name) => `  $ ${name} probe`)
    .example((name) => `  $ ${name} probe --json | jq '.mechanisms.userfault.available'`)
    .action((options: { json?: boolean }) => {
      const result = probe()
      if (options.json) return printJson(result)
      console.log(renderProbe(result, readLockLimit(realFiles)))
    })
}

const columns = [
  { title: 'mechanism', align: 'left' },
  { title: '', align: 'left' },
  { title: '', align: 'left' },
] as const

/** @param lockLimit RLIMIT_MEMLOCK in bytes; null where it is not known */
export function renderProbe(
  { kernel, arch, cpu, pageSize, mechanisms }: ProbeResult,
  lockLimit: number | 'unlimited' | null,
): string {
  const rows = Object.entries(mechanisms).map(([name, found]) => {
    if (!found.available) {
      const why = `${found.reason} ${found.remedy}`.trim()
      return [style('bold', name), style('red', 'does not work'), why]
    }
    const facts = [
      found.systemCalls
        ? 'system calls may write to tracked memory'
        : 'system calls that write to tracked memory fail with EFAULT',
    ]
    // Without CAP_IPC_LOCK; whether a view is locked shows when it is made.
    if (name === 'soft-dirty' && typeof lockLimit === 'number') {
      facts.push(
        `views beyond ${formatSize(lockLimit)} may stay unlocked (ulimit -l): under memory pressure more is then reported than was written`,
      )
    }
    return [style('bold', name), style('green', 'works'), facts.join('; ')]
  })
  return [
    `Linux ${kernel}, ${arch}, ${cpu}, pages of ${pageSize} bytes`,
    '',
    renderTable(columns, rows),
  ].join('\n')
}
