// Logging in: by the keyboard alone, at the width of a phone and on a desktop, and without scripts.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { accessible, desktop, launch, open, overflow, phone, shotsFolder } from './browser'

let browser: Browser

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const name = 'zhang.san'
const password = 'Kunlun-7 Heyuan'

// tabTo goes by the tab key to what has an id, as somebody does who has no mouse.
async function tabTo(page: Page, selector: string): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) return
  }
  throw new Error(`no tab leads to ${selector}`)
}

async function typed(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [id, text] of Object.entries(fields)) {
    await tabTo(page, `#${id}`)
    await page.keyboard.type(text)
  }
  await page.keyboard.press('Enter')
}

async function looked(page: Page, shot: string): Promise<void> {
  const folder = shotsFolder()
  for (const [width, size] of Object.entries({ phone, desktop })) {
    await page.setViewportSize(size)
    expect(await overflow(page)).toBe(0)
    if (folder !== null) await page.screenshot({ path: `${folder}/${shot}-${width}.png`, fullPage: true })
  }
}

it('the first administrator comes in by the link, by keys alone and without scripts', async () => {
  const invite = inject('invite')
  expect(invite).not.toBe('')
  const { page, faults, done } = await open(browser, { javaScriptEnabled: false })
  await page.goto(invite)
  await looked(page, 'invite')
  await typed(page, { name, display_name: '张三', password, again: `${password}x` })
  await page.waitForSelector('[role="alert"]')
  expect(await page.inputValue('#name')).toBe(name)
  await typed(page, { password, again: password })
  await page.waitForURL((url) => url.pathname === '/')
  await page.goto(new URL('/login', invite).href)
  expect(await page.textContent('main')).toContain('张三')
  await looked(page, 'logged-in')
  await tabTo(page, 'form[action="/logout"] button')
  await page.keyboard.press('Enter')
  await page.waitForSelector('#password')
  await typed(page, { name, password: 'wrong' })
  await page.waitForSelector('[role="alert"]')
  await looked(page, 'login-wrong')
  await typed(page, { password })
  await page.waitForURL((url) => url.pathname === '/')
  const gone = await page.goto(invite)
  expect(gone?.status()).toBe(404)
  expect(await page.textContent('[role="alert"]')).toContain('链接')
  await looked(page, 'invite-gone')
  expect(faults.filter((f) => !/status of (401|404|422)/.test(f))).toEqual([])
  await done()
})

it('nothing bars the way of those who use aids', async () => {
  const { page, faults, done } = await open(browser)
  const root = inject('url')
  for (const path of ['/login', '/login?lang=en', '/invite/none']) {
    await page.goto(root + path)
    await accessible(page)
  }
  await page.goto(`${root}/login`)
  await typed(page, { name: 'nobody', password: 'wrong' })
  await page.waitForSelector('[role="alert"]')
  await accessible(page)
  expect(faults.filter((f) => !/status of (401|404)/.test(f))).toEqual([])
  await done()
})

it('a page tells who is logged in, and logs him out', async () => {
  const { page, faults, done } = await open(browser)
  const root = inject('url')
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).pathname))
  await page.goto(root)
  expect(await page.textContent('.top nav')).toContain('登录')
  expect(asked).not.toContain('/api/v1/session')
  await page.goto(`${root}/login?next=/report`)
  await typed(page, { name, password })
  await page.waitForSelector('.top form.who')
  expect(new URL(page.url()).pathname).toBe('/report')
  expect(await page.textContent('.top form.who')).toBe('张三退出登录')
  await accessible(page)
  await looked(page, 'who')
  await tabTo(page, '.who button')
  await page.keyboard.press('Enter')
  await page.waitForURL((url) => url.pathname === '/login')
  await page.goto(root)
  expect(await page.textContent('.top nav')).toContain('登录')
  expect(await page.$('.top form.who')).toBeNull()
  expect(asked.filter((path) => path === '/api/v1/session')).toHaveLength(1)
  expect(faults).toEqual([])
  await done()
})
