// One Chromium for a file of tests. Every page is watched: a request to another host, a script error or a console error that
// a test did not expect fails it.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type Browser, type BrowserContextOptions, chromium, type Page, type Request } from 'playwright-core'
import { expect } from 'vitest'

export const desktop = { width: 1280, height: 800 }
export const phone = { width: 360, height: 740 }

const flags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--lang=zh-CN',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  // A name that is not this machine's own: what a page sees that was opened over plain HTTP in an intranet.
  '--host-resolver-rules=MAP hetu.test 127.0.0.1',
]

export function launch(...more: string[]): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
  return chromium.launch({ executablePath, headless: true, args: [...flags, ...more] })
}

export type Watched = { page: Page; requests: Request[]; faults: string[]; done: () => Promise<void> }

// Noise that says nothing of our page.
const noise = [/GPU stall due to ReadPixels/, /GL Driver Message/]

export async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({
    viewport: desktop,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    reducedMotion: 'reduce',
    deviceScaleFactor: 1,
    ...options,
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const requests: Request[] = []
  const faults: string[] = []
  await context.route(
    (url) => !['127.0.0.1', 'hetu.test'].includes(url.hostname) && !['data:', 'blob:'].includes(url.protocol),
    (route) => {
      faults.push(`request to another host: ${route.request().url()}`)
      return route.abort()
    },
  )
  page.on('request', (r) => requests.push(r))
  page.on('pageerror', (e) => faults.push(`script error: ${e.message}`))
  page.on('console', (m) => {
    if (m.type() === 'error' && !noise.some((n) => n.test(m.text()))) faults.push(`console: ${m.text()}`)
  })
  return { page, requests, faults, done: () => context.close() }
}

// mapReady waits until the map has drawn everything that it asked for.
export async function mapReady(page: Page): Promise<void> {
  await page.waitForSelector('body[data-map="idle"]', { timeout: 60_000, state: 'attached' })
}

// settled waits for the next idle after something was done to the map.
export async function settled(page: Page, act: () => Promise<void>): Promise<void> {
  await page.evaluate(() => {
    document.body.dataset['map'] = 'waiting'
  })
  await act()
  await mapReady(page)
}

// pixelOf is where a place is drawn, in the page's pixels.
export async function pixelOf(page: Page, at: readonly [number, number]): Promise<{ x: number; y: number }> {
  const inMap = (await page.evaluate(`window.__hetu.toPixel([${at[0]}, ${at[1]}])`)) as [number, number]
  const box = await page.locator('.map').boundingBox()
  if (box === null) throw new Error('the map is not on the page')
  return { x: box.x + inMap[0], y: box.y + inMap[1] }
}

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

// accessible runs axe over the page as it stands.
export async function accessible(page: Page): Promise<void> {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await page.evaluate(axe)
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(tags)} }).then((r) => ({
      passes: r.passes.length,
      violations: r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 4).join(' | ')),
    }))`,
  )) as { passes: number; violations: string[] }
  expect(found.violations).toEqual([])
  expect(found.passes).toBeGreaterThan(15)
}

// overflow is how many pixels the page is wider than its window: text has to flow again, never scroll sideways.
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
}

export function shotsFolder(): string | null {
  const folder = process.env['HETU_SHOTS']
  return folder === undefined || folder === '' ? null : folder
}
