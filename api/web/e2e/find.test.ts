// The server's own pages: they answer without a script, on a small screen, in two languages.
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ListedRiver } from '../src/api'
import { accessible, launch, open, overflow, phone } from './browser'
import { riverOf } from './sample'

const url = inject('url')
let browser: Browser
let gully: ListedRiver

beforeAll(async () => {
  browser = await launch()
  gully = await riverOf(url, '哈德门沟')
})
afterAll(() => browser.close())

function place(): string {
  const [lon, lat] = gully.point ?? [0, 0]
  return `/?lon=${lon}&lat=${lat}`
}

describe('without scripts', () => {
  it('goes from a name to the chief and his phone', async () => {
    const { page, faults, done } = await open(browser, { javaScriptEnabled: false })
    await page.goto(`${url}/`)
    await page.getByLabel('河流或地名').fill('哈德门')
    await page.getByRole('button', { name: '查询' }).click()
    await page
      .getByRole('link', { name: /哈德门沟/ })
      .first()
      .click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('哈德门沟')
    expect(await page.locator('dl').textContent()).toContain('黄河')
    await page.getByRole('link', { name: '谁负责', exact: true }).click()
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('此处的责任河长')
    const posts = await page.locator('.post').allTextContents()
    expect(posts.some((p) => p.includes('河长'))).toBe(true)
    expect(await page.locator('.who').first().textContent()).toContain('示例')
    expect(await page.locator('a.call').first().getAttribute('href')).toMatch(/^tel:\d{7,}$/)
    expect(faults).toEqual([])
    await done()
  })

  it('names three gullies that run into 黄河', async () => {
    const { page, done } = await open(browser, { javaScriptEnabled: false })
    await page.goto(`${url}/`)
    await page.getByRole('link', { name: '黄河', exact: true }).click()
    const into = page.locator('section', { hasText: '汇入黄河的河流' })
    const names = await into.getByRole('link').allTextContents()
    expect(names.filter((n) => n.endsWith('沟')).length).toBeGreaterThanOrEqual(3)
    await done()
  })

  it('keeps language and day from page to page', async () => {
    const { page, done } = await open(browser, { javaScriptEnabled: false })
    await page.goto(`${url}/?lang=en&as_of=2019-01-01`)
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    await page
      .getByRole('link', { name: /Hademen Gully/ })
      .first()
      .click()
    expect(new URL(page.url()).search).toBe('?as_of=2019-01-01&lang=en')
    await page.getByRole('link', { name: '中文' }).click()
    expect(new URL(page.url()).search).toBe('?as_of=2019-01-01')
    expect(await page.getByText('2019-01-01 的情况').isVisible()).toBe(true)
    await done()
  })

  it('says what the map is good for when it cannot run', async () => {
    const { page, done } = await open(browser, { javaScriptEnabled: false })
    await page.goto(`${url}/map`)
    expect(await page.locator('noscript').textContent()).toContain('JavaScript')
    await done()
  })
})

describe('every page', () => {
  const pages = (): [string, string][] => [
    ['start', '/'],
    ['start in English', '/?lang=en'],
    ['results', `/?q=${encodeURIComponent('示例')}`],
    ['nothing found', '/?q=zzz'],
    ['answer', place()],
    ['answer in English', `${place()}&lang=en`],
    ['answer of another day', `${place()}&as_of=2018-01-01`],
    ['no river', '/?lon=110.1&lat=40.8'],
    ['position wrong', '/?lon=abc&lat=1'],
    ['river', `/r/${gully.id}`],
    ['unknown river', '/r/999999999'],
  ]

  it('is accessible, fits 320 pixels and asks no other host', async () => {
    const { page, faults, done } = await open(browser, { viewport: { width: 320, height: 640 } })
    for (const [name, path] of pages()) {
      await page.goto(url + path)
      await accessible(page)
      expect([name, await overflow(page)]).toEqual([name, 0])
      expect(await page.locator('h1').count()).toBe(1)
      expect(await page.getByText(/示意数据|Schematic sample data/).isVisible()).toBe(true)
    }
    expect(faults.filter((f) => !/status of 40[04]/.test(f))).toEqual([])
    await done()
  })

  it('may load nothing from elsewhere', async () => {
    for (const [name, path] of [...pages(), ['map', '/map']]) {
      const policy = (await fetch(url + path)).headers.get('Content-Security-Policy') ?? ''
      expect(policy, name).toContain("default-src 'self'")
      expect(policy, name).toContain("script-src 'self'")
      expect(policy, name).not.toMatch(/https?:|unsafe-eval|script-src[^;]*unsafe-inline/)
    }
  })

  it('is small', async () => {
    for (const [name, path] of pages()) {
      const body = Buffer.from(await (await fetch(url + path)).arrayBuffer())
      expect([name, gzipSync(body).length < 20_000]).toEqual([name, true])
    }
  })

  it('has targets of 44 pixels on a phone', async () => {
    const { page, done } = await open(browser, { viewport: phone, hasTouch: true })
    for (const path of ['/', place(), `/r/${gully.id}`]) {
      await page.goto(url + path)
      for (const target of await page.locator('button:visible, .chips a:visible, a.call, .found a, nav a').all()) {
        const box = await target.boundingBox()
        expect(Math.round(box?.height ?? 0), `${path} ${await target.textContent()}`).toBeGreaterThanOrEqual(44)
      }
    }
    await done()
  })
})

describe('what the pages load', () => {
  it('is compressed, kept for good, and never a page in place of a script', async () => {
    const html = await (await fetch(`${url}/map`)).text()
    const paths = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((m) => m[1] ?? '')
    expect(paths.length).toBeGreaterThanOrEqual(2)
    for (const path of paths) {
      const { headers } = await fetch(url + path, { headers: { 'Accept-Encoding': 'gzip, br' } })
      expect(headers.get('Content-Encoding'), path).toBe('br')
      expect(headers.get('Cache-Control'), path).toContain('immutable')
      expect(headers.get('Content-Type'), path).toMatch(path.endsWith('.css') ? /^text\/css/ : /^text\/javascript/)
      const plain = await fetch(url + path, { headers: { 'Accept-Encoding': 'identity' } })
      expect(plain.headers.get('Content-Encoding'), path).toBeNull()
    }
    const missing = await fetch(`${url}/assets/maplibre-gl-worker-XXXXXXXX.js`)
    expect(missing.status).toBe(404)
    expect(missing.headers.get('Content-Type')).not.toContain('html')
    expect((await fetch(`${url}/favicon.ico`)).headers.get('Content-Type')).toBe('image/svg+xml')
  })
})

describe('near me', () => {
  it('goes to the answer', async () => {
    const [longitude, latitude] = gully.point ?? [0, 0]
    const { page, done } = await open(browser, { permissions: ['geolocation'], geolocation: { longitude, latitude } })
    await page.goto(`${url}/?lang=en`)
    await page.getByRole('button', { name: 'Find the river nearest to me' }).click()
    await page.getByRole('heading', { name: 'Who is responsible here' }).waitFor()
    expect(await page.locator('article.answer h2').first().textContent()).toContain('Hademen Gully')
    await done()
  })

  it('says that it was refused', async () => {
    const { page, done } = await open(browser, { permissions: [] })
    await page.goto(`${url}/`)
    await page.getByRole('button', { name: '用我的位置找最近的河' }).click()
    await page.getByText('浏览器拒绝了定位').waitFor()
    await done()
  })

  it('is not offered over plain HTTP, with the reason', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url.replace('127.0.0.1', 'hetu.test')}/`)
    await page.getByText('不是通过 HTTPS 打开的').waitFor()
    expect(await page.getByRole('button', { name: '用我的位置找最近的河' }).isVisible()).toBe(false)
    await done()
  })
})
