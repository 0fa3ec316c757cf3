// Finds the host's programs that the lane uses, and says what to install where one is missing.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const debianPackages = {
  'qemu-system-x86_64': 'qemu-system-x86',
  busybox: 'busybox-static',
}

/** @returns {string} the program's absolute path; throws an Error that names its Debian package */
export function findProgram(name) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(
    `"${name}" is not installed. On Debian: ` +
      `apt-get install --no-install-recommends ${debianPackages[name]}`,
  )
}
