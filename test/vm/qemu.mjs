// One boot: starts QEMU, follows the guest's report, and sees to it that the machine ends.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { findProgram } from './programs.mjs'

/**
 * @param {object} options
 * @param {string} options.image     kernel
 * @param {string} options.initramfs
 * @param {string} options.consoleLog file for the guest's console
 * @param {number} options.timeLimit seconds until a guest that does not end is killed
 * @param {AbortSignal} options.signal kills the guest; the promise is then rejected
 * @param {(event: object) => void} options.onReport called with each object of guest/main.mjs
 * @returns {Promise<string | undefined>} what went wrong with the machine itself, if anything
 */
export function boot({ image, initramfs, consoleLog, timeLimit, signal, onReport }) {
  const ports = ['-serial', `file:${consoleLog}`, '-serial', 'stdio', '-monitor', 'none']
  const child = spawn(findProgram('qemu-system-x86_64'), [...machine(image, initramfs), ...ports], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  })
  return new Promise((resolve, reject) => {
    let trouble
    let complaints = ''
    const fail = (reason) => {
      trouble ??= reason
      child.kill('SIGKILL')
    }
    const timer = setTimeout(
      () => fail(`still running after ${timeLimit} s: killed`),
      timeLimit * 1000,
    )

    createInterface({ input: child.stdout }).on('line', (line) => {
      try {
        onReport(JSON.parse(line))
      } catch (error) {
        fail(`report not understood (${error.message}): ${line.slice(0, 200)}`)
      }
    })
    child.stderr.on('data', (data) => {
      complaints += data
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      if (code !== 0) trouble ??= `QEMU exited with ${code}: ${complaints.trim()}`
      resolve(trouble)
    })
  })
}

/** Boots into a shell on the caller's terminal. Ctrl-A X ends QEMU, whose exit status is the result. */
export function bootShell({ image, initramfs }) {
  const ports = ['-serial', 'mon:stdio']
  const args = [...machine(image, initramfs, 'mkwrite.shell'), ...ports]
  const child = spawn(findProgram('qemu-system-x86_64'), args, { stdio: 'inherit' })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
}

function machine(image, initramfs, extra = '') {
  const kernelArguments = [
    'console=ttyS0',
    'quiet',
    // A panic ends QEMU (with -no-reboot) and so the run.
    'panic=-1',
    // Unasked, a kernel distrusts the counter on two processors, and may then tell a thread's CPU time
    // in ticks of some milliseconds. The time of day is not left to the counter: its rate is found
    // by trial at the start, wrongly so on a busy host.
    ...['tsc=reliable', 'clocksource=hpet'],
    // Both only cost time under emulation.
    'mitigations=off',
    'nokaslr',
    extra,
  ]
  return [
    ...['-machine', 'pc', '-m', '4G', '-display', 'none', '-vga', 'none', '-nic', 'none'],
    // Two processors in threads of their own: on one, races between writers hardly occur.
    ...['-smp', '2', '-accel', 'tcg,thread=multi,tb-size=1024'],
    '-no-reboot',
    // A fifth level of page tables would make every emulated walk longer.
    ...['-cpu', 'max,la57=off'],
    ...['-kernel', image, '-initrd', initramfs, '-append', kernelArguments.join(' ')],
  ]
}
