// Writes a cpio archive in the "newc" format, the one the kernel unpacks as an initramfs.
//
// Made here and not by cpio(1) because the archive needs a device node (/dev/console), which only
// root could create as a file first, and files from places that differ from where they end up.

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'

const FILE = 0o100000
const DIRECTORY = 0o040000
const SYMLINK = 0o120000
const CHARACTER_DEVICE = 0o020000

export class CpioWriter {
  #fd
  #inode = 1
  #size = 0
  #directories = new Set()

  /** @param {string} path the archive to create or overwrite */
  constructor(path) {
    this.#fd = openSync(path, 'w')
  }

  /** Adds a directory with all its parents; one that is there already is left alone. */
  directory(path) {
    if (path === '' || path === '.' || this.#directories.has(path)) return
    this.directory(parentOf(path))
    this.#directories.add(path)
    this.#entry(path, DIRECTORY | 0o755)
  }

  /** Adds a copy of the host's file `source`. */
  copy(path, source, mode = 0o644) {
    this.file(path, readFileSync(source), mode)
  }

  /** @param {string | Buffer} content */
  file(path, content, mode = 0o644) {
    this.directory(parentOf(path))
    this.#entry(path, FILE | mode, Buffer.from(content))
  }

  symlink(path, target) {
    this.directory(parentOf(path))
    this.#entry(path, SYMLINK | 0o777, Buffer.from(target))
  }

  characterDevice(path, major, minor) {
    this.directory(parentOf(path))
    this.#entry(path, CHARACTER_DEVICE | 0o600, undefined, major, minor)
  }

  /** @returns {number} the archive's size in bytes */
  close() {
    this.#entry('TRAILER!!!', 0)
    closeSync(this.#fd)
    return this.#size
  }

  #entry(path, mode, data = Buffer.alloc(0), major = 0, minor = 0) {
    const name = Buffer.from(`${path}\0`)
    const modified = 0
    // magic, then: inode, mode, uid, gid, links, mtime, size, device, node's device, name, checksum
    const fields = [this.#inode++, mode, 0, 0, 1, modified, data.length]
    fields.push(0, 0, major, minor, name.length, 0)
    const header = `070701${fields.map((n) => n.toString(16).padStart(8, '0')).join('')}`
    this.#write(Buffer.concat([Buffer.from(header), name]))
    this.#write(data)
  }

  /** Header with name and data are each padded to four bytes. */
  #write(bytes) {
    const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4)
    bytes.copy(padded)
    for (let done = 0; done < padded.length; ) done += writeSync(this.#fd, padded, done)
    this.#size += padded.length
  }
}

function parentOf(path) {
  return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : ''
}
