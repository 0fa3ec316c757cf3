// Debian's chromium, headless, driven through the DevTools protocol over a pipe
// (https://chromedevtools.github.io/devtools-protocol/): no package and no download is needed.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const candidates = [process.env.MKWRITE_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']

/** Where the browser is; undefined where there is none. */
export const chromium: string | undefined = candidates.find(
  (path) => path !== undefined && existsSync(path),
)

/** What a page did that it should not, and what it looks like. */
export interface Page {
  /** Messages on the console, exceptions, and complaints of the browser. */
  complaints: string[]
  /** Everything that was asked for, the page itself included. */
  requests: string[]
  /** Evaluates an expression in the page. */
  evaluate(expression: string): Promise<unknown>
  /** Moves the pointer. */
  point(x: number, y: number): Promise<void>
  /** The whole page as a PNG. */
  screenshot(): Promise<Buffer>
  close(): Promise<void>
}

export interface PageOptions {
  width: number
  height: number
  dark?: boolean
  /** Whether a finger points. */
  mobile?: boolean
}

type Params = Record<string, unknown>
interface Message {
  id?: number
  sessionId?: string
  method?: string
  params?: Params
  result?: Params
  error?: { message: string }
}

export class Browser {
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #input: Writable
  readonly #pending = new Map<number, { resolve(result: Params): void; reject(e: Error): void }>()
  readonly #listeners = new Map<string, (message: Message) => void>()
  #lastId = 0
  #rest = ''

  private constructor(program: string) {
    this.#profile = mkdtempSync(join(tmpdir(), 'mkwrite-browser-'))
    const flags = [
      ...['--headless=new', '--remote-debugging-pipe', `--user-data-dir=${this.#profile}`],
      // Tests run as root in containers, where Chromium's own sandbox cannot be set up.
      ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars'],
      ...['--no-first-run', '--disable-background-networking', '--disable-component-update'],
    ]
    // A sanitizer that is preloaded into the tests is not for the browser.
    const { LD_PRELOAD: _, ...env } = process.env
    this.#process = spawn(program, flags, {
      env,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    this.#input = this.#process.stdio[3] as Writable
    const output = this.#process.stdio[4] as Readable
    output.setEncoding('utf8').on('data', (text: string) => this.#receive(text))
    this.#process.on('exit', (code) => {
      for (const { reject } of this.#pending.values()) reject(new Error(`chromium ended: ${code}`))
    })
    this.#input.on('error', () => {}) // the exit tells
  }

  static async start(): Promise<Browser> {
    if (chromium === undefined) throw new Error('There is no chromium')
    const browser = new Browser(chromium)
    await browser.#send('Browser.getVersion', {})
    return browser
  }

  /** Opens a page and waits until it is loaded. */
  async open(url: string, { width, height, dark, mobile }: PageOptions): Promise<Page> {
    const { targetId } = await this.#send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.#send('Target.attachToTarget', { targetId, flatten: true })
    const session = String(sessionId)
    const send = (method: string, params: Params = {}) => this.#send(method, params, session)
    const complaints: string[] = []
    const requests: string[] = []
    let loaded = (): void => {}
    const loading = new Promise<void>((resolve) => {
      loaded = resolve
    })
    this.#listeners.set(session, ({ method, params = {} }) => {
      if (method === 'Page.loadEventFired') loaded()
      if (method === 'Network.requestWillBeSent') {
        requests.push((params.request as { url: string }).url)
      }
      const isComplaint = ['Runtime.consoleAPICalled', 'Runtime.exceptionThrown', 'Log.entryAdded']
      if (isComplaint.includes(method ?? '')) complaints.push(JSON.stringify(params))
    })
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`)
    await send('Emulation.setDeviceMetricsOverride', {
      ...{ width, height, deviceScaleFactor: 1, mobile: mobile === true },
    })
    // Without a window, whether a page has the focus is chance.
    await send('Emulation.setFocusEmulationEnabled', { enabled: true })
    const scheme = { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }
    await send('Emulation.setEmulatedMedia', { features: [scheme] })
    await send('Page.navigate', { url })
    await loading
    return {
      complaints,
      requests,
      async evaluate(expression) {
        const found = await send('Runtime.evaluate', { expression, returnByValue: true })
        if (found.exceptionDetails) throw new Error(JSON.stringify(found.exceptionDetails))
        return (found.result as { value: unknown }).value
      },
      async point(x, y) {
        await send('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y })
      },
      async screenshot() {
        const { data } = await send('Page.captureScreenshot', { captureBeyondViewport: true })
        return Buffer.from(String(data), 'base64')
      },
      close: async () => {
        this.#listeners.delete(session)
        await this.#send('Target.closeTarget', { targetId })
      },
    }
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve))
    this.#send('Browser.close', {}).catch(() => {})
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(timer)
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }

  #send(method: string, params: Params, sessionId?: string): Promise<Params> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
      this.#input.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  }

  #receive(text: string): void {
    const parts = (this.#rest + text).split('\0')
    this.#rest = parts.pop() ?? ''
    for (const part of parts) {
      const message = JSON.parse(part) as Message
      const { id, sessionId, error, result = {} } = message
      if (id === undefined) {
        this.#listeners.get(sessionId ?? '')?.(message)
        continue
      }
      const waiting = this.#pending.get(id)
      this.#pending.delete(id)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(new Error(error.message))
    }
  }
}
