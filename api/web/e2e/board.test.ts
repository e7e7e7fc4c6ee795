// The page that a notice board's QR code leads to, and where problems are reported: on a phone in the sun, without a script and a login.
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { accessible, desktop, launch, open, overflow, phone, shotsFolder } from './browser'

const url = inject('url')
let browser: Browser
let board: string // one whose chief left

beforeAll(async () => {
  browser = await launch()
  const stale = (await (await fetch(`${url}/api/v1/boards/stale`)).json()) as { boards: { page: string }[] }
  board = stale.boards[0]?.page ?? ''
})
afterAll(() => browser.close())

async function looked(page: Page, shot: string): Promise<void> {
  const folder = shotsFolder()
  for (const [width, size] of Object.entries({ phone, desktop })) {
    await page.setViewportSize(size)
    expect(await overflow(page)).toBe(0)
    if (folder !== null) await page.screenshot({ path: `${folder}/${shot}-${width}.png`, fullPage: true })
  }
}

it('tells from the code on a board who answers today, and what the board says that is not so', async () => {
  const { page, requests, faults, done } = await open(browser, { javaScriptEnabled: false, viewport: phone })
  await page.goto(url + board)
  expect(await page.locator('h1').textContent()).toContain('公示牌')
  const stale = page.locator('section.stale')
  expect(await stale.textContent()).toContain('与现在不符')
  const printed = await stale.locator('s').first().textContent()
  const now = await stale.locator('b').first().textContent()
  expect(printed).not.toBe(now)
  expect(await page.locator('.who').first().textContent()).toContain((now ?? '').replace('（代管）', ''))
  expect(await page.locator('.actions a').first().getAttribute('href')).toMatch(/^tel:\d{7,}$/)
  expect(await page.locator('main').textContent()).not.toMatch(/1[3-9]\d{9}/)
  let bytes = 0
  for (const r of requests) bytes += (await (await r.response())?.body())?.length ?? 0
  expect(bytes).toBeGreaterThan(5_000)
  expect(bytes).toBeLessThan(100_000)
  expect(requests.filter((r) => r.resourceType() === 'script')).toEqual([])
  await looked(page, 'board')
  await page.getByRole('link', { name: '反映问题' }).click()
  expect(await page.locator('h1').textContent()).toBe('反映问题')
  expect(await page.locator('.say').textContent()).toContain(decodeURIComponent(board.slice('/b/'.length)))
  await looked(page, 'report')
  await page.getByRole('link', { name: '回到公示牌' }).click()
  expect(new URL(page.url()).pathname).toBe(board)
  expect(faults).toEqual([])
  await done()
})

it('is accessible, small, and fits 320 pixels, in both languages', async () => {
  const { page, done } = await open(browser, { viewport: { width: 320, height: 640 } })
  const number = encodeURIComponent(decodeURIComponent(board.slice('/b/'.length)))
  for (const path of [
    board,
    `${board}?lang=en`,
    `${board}?as_of=2017-06-01`,
    `${board}?as_of=1990-01-01`,
    `/report?board=${number}`,
    '/report?lang=en',
    '/b/none',
  ]) {
    await page.goto(url + path)
    await accessible(page)
    expect([path, await overflow(page)]).toEqual([path, 0])
    expect(await page.locator('h1').count()).toBe(1)
    const body = Buffer.from(await (await fetch(url + path)).arrayBuffer())
    expect([path, gzipSync(body).length < 20_000]).toEqual([path, true])
    for (const target of await page.locator('main .actions a, a.call, .found a').all()) {
      expect(
        Math.round((await target.boundingBox())?.height ?? 0),
        `${path} ${await target.textContent()}`,
      ).toBeGreaterThanOrEqual(44)
    }
  }
  await done()
})

it('is found from the answer at the board, and from its river', async () => {
  const { page, done } = await open(browser, { javaScriptEnabled: false })
  await page.goto(url + board)
  await page.getByRole('link', { name: /的河流页/ }).click()
  await page.locator(`.along a[href="${board}"]`).click()
  expect(new URL(page.url()).pathname).toBe(board)
  await done()
})
