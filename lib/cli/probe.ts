// mkwrite probe

import { probe } from '../probe.ts'
import { printJson, type Registration } from './command.ts'
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
      const { kernel, arch, cpu, pageSize } = result
      const rows = Object.entries(result.mechanisms).map(([name, found]) =>
        found.available
          ? [
              style('bold', name),
              style('green', 'works'),
              found.systemCalls
                ? 'system calls may write to tracked memory'
                : 'system calls that write to tracked memory fail with EFAULT',
            ]
          : [
              style('bold', name),
              style('red', 'does not work'),
              `${found.reason} ${found.remedy}`.trim(),
            ],
      )
      const columns = [
        { title: 'mechanism', align: 'left' },
        { title: '', align: 'left' },
        { title: '', align: 'left' },
      ] as const
      console.log(`Linux ${kernel}, ${arch}, ${cpu}, pages of ${pageSize} bytes\n`)
      console.log(renderTable(columns, rows))
    })
}
