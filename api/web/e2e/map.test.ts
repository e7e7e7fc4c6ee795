// The map in a real browser against the real program: what a person does, by finger and by keyboard.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Answer, ListedRiver } from '../src/api'
import { parseCamera } from '../src/state/link'
import { accessible, desktop, launch, mapReady, open, overflow, phone, pixelOf, settled, shotsFolder } from './browser'
import { riverOf } from './sample'

const url = inject('url')
let browser: Browser
let gully: ListedRiver

beforeAll(async () => {
  browser = await launch()
  gully = await riverOf(url, '哈德门沟')
})
afterAll(() => browser.close())

function point(): readonly [number, number] {
  if (gully.point === null) throw new Error('哈德门沟 has no line')
  return gully.point
}

function view(zoom: number): string {
  return `#${zoom}/${point()[1]}/${point()[0]}`
}

// chief is the title of a post that the API gives at the gully.
async function chief(): Promise<string> {
  const [lon, lat] = point()
  const answer = (await (await fetch(`${url}/api/v1/responsible?lon=${lon}&lat=${lat}`)).json()) as Answer
  const title = answer.rivers[0]?.banks[0]?.levels[0]?.reaches[0]?.posts?.[0]?.title
  if (title === undefined) throw new Error('the API names no chief at 哈德门沟')
  return title
}

describe('map', () => {
  it('draws rivers and names with no other host, its worker a script', async () => {
    const { page, requests, faults, done } = await open(browser)
    const types: Record<string, string> = {}
    page.on('response', (r) => {
      types[new URL(r.url()).pathname] = r.headers()['content-type'] ?? ''
    })
    await page.goto(`${url}/map?e2e=1`)
    await mapReady(page)
    const worker = Object.keys(types).find((p) => p.includes('maplibre-gl-worker'))
    expect(worker).toBeDefined()
    expect(types[worker ?? '']).toMatch(/^text\/javascript/)
    expect(requests.filter((r) => /\.(pbf|ttf|woff2?|png)(\?|$)/.test(r.url()))).toEqual([])
    expect(requests.some((r) => r.url().includes('.mvt'))).toBe(true)
    expect(await page.locator('output.state').textContent()).toMatch(/视野内 \d+ 条河/)
    const colours = (await page.evaluate(`new Promise((resolve) => {
      const canvas = document.createElement('canvas'), source = document.querySelector('.map canvas')
      canvas.width = 200; canvas.height = 200
      requestAnimationFrame(() => {
        const c = canvas.getContext('2d'); c.drawImage(source, 0, 0, 200, 200)
        const d = c.getImageData(0, 0, 200, 200).data, seen = new Set()
        for (let i = 0; i < d.length; i += 4) seen.add(d[i] + ',' + d[i + 1] + ',' + d[i + 2])
        resolve(seen.size)
      })
    })`)) as number
    const shot = await page.screenshot()
    expect(colours >= 5 || shot.length > 40_000).toBe(true)
    // Two characters without a font would be two equal boxes.
    const drawn = await page.evaluate(() => {
      const c = document.createElement('canvas').getContext('2d')
      if (c === null) return ['', '']
      return ['河', '长'].map((han) => {
        c.clearRect(0, 0, 48, 48)
        c.font = '40px "Noto Serif CJK SC", serif'
        c.fillText(han, 2, 40)
        return c.getImageData(0, 0, 48, 48).data.join()
      })
    })
    expect(drawn[0] === drawn[1]).toBe(false)
    expect(faults).toEqual([])
    await done()
  })

  it('is clicked open and names the chief', async () => {
    const { page, faults, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1${view(12)}`)
    await mapReady(page)
    const at = await pixelOf(page, point())
    await page.mouse.move(at.x + 2, at.y)
    await page.mouse.click(at.x + 2, at.y)
    await page.getByRole('heading', { name: '此处的责任河长' }).waitFor()
    await page.getByRole('link', { name: '哈德门沟', exact: true }).waitFor()
    expect(await page.locator('.post').allTextContents()).toContain(await chief())
    expect(await page.locator('article.here h3').first().textContent()).toContain('两岸')
    expect(new URL(page.url()).searchParams.get('at')).toMatch(/^109\.\d+,40\.\d+$/)
    await page.goBack()
    await page.getByRole('heading', { name: '谁在管这条河' }).waitFor()
    expect(new URL(page.url()).searchParams.has('at')).toBe(false)
    expect(faults).toEqual([])
    await done()
  })

  it('names three gullies that run into 黄河', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1`)
    await page.getByRole('combobox').fill('黄河')
    await page.getByRole('option', { name: /^黄河/ }).first().click()
    await page.getByRole('heading', { name: '汇入黄河的河流' }).waitFor()
    const names = await page
      .locator('section', { hasText: '汇入黄河的河流' })
      .last()
      .getByRole('link')
      .allTextContents()
    expect(names.filter((n) => n.endsWith('沟')).length).toBeGreaterThanOrEqual(3)
    // Not so far out that the gullies are no longer drawn.
    await mapReady(page)
    expect(parseCamera(new URL(page.url()).hash)?.zoom).toBeGreaterThanOrEqual(10)
    expect(await page.evaluate('window.__hetu.status().rivers')).toBeGreaterThan(10)
    await done()
  })

  it('says so where no river is near, and shows the way to one', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1&at=${point()[0] + 0.02},${point()[1]}`)
    await page.getByText('500 米内没有登记的河流').waitFor()
    await page.getByRole('button', { name: '去那里看' }).click()
    await page.locator('.post').first().waitFor()
    await done()
  })

  it('opens from a link, on a day, in English', async () => {
    const { page, requests, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1&sel=river:${gully.id}&as_of=2019-01-01&lang=en`)
    await page.getByRole('heading', { level: 1, name: /Hademen Gully/ }).waitFor()
    await mapReady(page)
    await page.getByText('This is how things stood on 2019-01-01').waitFor()
    expect(requests.filter((r) => r.url().includes('.mvt')).every((r) => r.url().includes('as_of=2019-01-01'))).toBe(
      true,
    )
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
    const box = await page.locator('.map').boundingBox()
    const at = await pixelOf(page, point())
    expect(at.x > (box?.x ?? 0) && at.y > 0 && at.y < desktop.height).toBe(true)
    await page.getByRole('button', { name: 'Back to today' }).click()
    await page.waitForURL((u) => !u.searchParams.has('as_of'))
    await done()
  })

  it('keeps the camera in the fragment and unknown keys in the query', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1&lyr=board${view(12)}`)
    await mapReady(page)
    await settled(page, () => page.getByRole('button', { name: '放大' }).click())
    expect(new URL(page.url()).hash).toMatch(/^#13\/40\.\d+\/109\.\d+$/)
    expect(new URL(page.url()).search).toContain('lyr=board')
    await done()
  })

  it('keeps place and camera when the language changes', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1&sel=river:${gully.id}${view(12)}`)
    await mapReady(page)
    await page.getByRole('link', { name: 'English' }).click()
    await page.getByRole('heading', { level: 1, name: /Hademen Gully/ }).waitFor()
    expect(new URL(page.url()).hash).toMatch(/^#12\//)
    await done()
  })
})

describe('a vacancy', () => {
  it('shows who acts, since when, and that the board is out of date; the day before it shows neither', async () => {
    const { page, requests, faults, done } = await open(browser)
    const branch = await riverOf(url, '东门河左二支流')
    await page.goto(`${url}/map?e2e=1&at=${branch.point?.join()}`)
    const seat = page.locator('.seat', { hasText: '东门河左二支流清镇市段河长' })
    await seat.waitFor()
    expect(await seat.textContent()).toContain('代管')
    expect(await seat.textContent()).toContain('自 2018-05-07 起暂缺')
    await page.getByText('公示牌内容自 2018-05-07 起已过期').first().waitFor()
    await mapReady(page)
    await page.getByLabel('按日期查看').fill('2018-05-06')
    await page.getByText('显示 2018-05-06 的情况').waitFor()
    await page.getByText('公示牌内容自').first().waitFor({ state: 'hidden' })
    expect(await seat.textContent()).not.toContain('代管')
    await mapReady(page)
    await expect
      .poll(() => requests.some((r) => r.url().includes('.mvt') && r.url().includes('as_of=2018-05-06')))
      .toBe(true)
    expect(new URL(page.url()).searchParams.get('as_of')).toBe('2018-05-06')
    await page.goBack()
    await page.getByText('公示牌内容自').first().waitFor()
    expect(faults).toEqual([])
    await done()
  })
})

describe('by keyboard alone', () => {
  it('searches, reads a river, its reach and its chief, and comes back', async () => {
    const { page, faults, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1`)
    await mapReady(page)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('q')
    await page.keyboard.type('哈德门')
    await page.getByRole('option').first().waitFor()
    await page.keyboard.press('ArrowDown')
    expect(await page.locator('#q').getAttribute('aria-activedescendant')).toBe('hit-0')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: /哈德门沟/ }).waitFor()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1')
    await tabTo(page, '.rows a')
    await page.keyboard.press('Enter')
    await page.locator('.post').first().waitFor()
    await tabTo(page, 'a.call')
    await page.keyboard.press('Shift+Tab')
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: /哈德门沟/ }).waitFor()
    expect(faults).toEqual([])
    await done()
  })

  it('moves the map and asks at its centre', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1${view(13)}`)
    await mapReady(page)
    await page.locator('.map canvas').focus()
    await page.keyboard.press('Enter')
    await page.locator('.post').first().waitFor()
    await page.locator('.map canvas').focus()
    const before = new URL(page.url()).hash
    await settled(page, () => page.keyboard.press('ArrowRight'))
    expect(new URL(page.url()).hash).not.toBe(before)
    await done()
  })

  it('reaches every river in view through the list', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url}/map?e2e=1${view(11)}`)
    await mapReady(page)
    const seen = await page.evaluate('window.__hetu.status().rivers')
    expect(await page.locator('.rows.thin a').count()).toBe(seen)
    await tabTo(page, '.rows.thin a')
    await page.keyboard.press('Enter')
    await page.locator('dl.facts').waitFor()
    await done()
  })
})

async function tabTo(page: import('playwright-core').Page, selector: string): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab')
    if (await page.evaluate((s) => document.activeElement?.matches(s) === true, selector)) return
  }
  throw new Error(`no way to ${selector} by Tab`)
}

describe('on a phone', () => {
  const small = { viewport: phone, hasTouch: true, isMobile: true }

  it('answers a tap above the sheet, and the sheet has three stops', async () => {
    const { page, faults, done } = await open(browser, small)
    await page.goto(`${url}/map?e2e=1${view(13)}`)
    await mapReady(page)
    expect(await overflow(page)).toBe(0)
    const at = await pixelOf(page, point())
    await page.touchscreen.tap(at.x, at.y)
    await page.locator('.post').first().waitFor()
    expect(await page.locator('.post').allTextContents()).toContain(await chief())
    const tops: number[] = []
    for (const name of ['收起面板', '展开面板', '展开面板']) {
      await page.getByRole('button', { name }).click()
      await page.waitForTimeout(250)
      tops.push((await page.locator('.panel').boundingBox())?.y ?? 0)
    }
    expect(tops[0]).toBeGreaterThan(tops[1] ?? 0)
    expect(tops[1]).toBeGreaterThan(tops[2] ?? 0)
    await page.getByRole('button', { name: '收起面板' }).click()
    await page.waitForTimeout(250)
    const pin = await page.locator('.pin').boundingBox()
    const panel = await page.locator('.panel').boundingBox()
    expect((pin?.y ?? 0) + (pin?.height ?? 0)).toBeLessThanOrEqual((panel?.y ?? 0) + 1)
    expect(faults).toEqual([])
    await done()
  })

  it('has targets of 44 pixels and fits 320', async () => {
    const { page, done } = await open(browser, { ...small, viewport: { width: 320, height: 640 } })
    await page.goto(`${url}/map?e2e=1&at=${point().join()}`)
    await mapReady(page)
    await page.locator('.post').first().waitFor()
    expect(await overflow(page)).toBe(0)
    for (const target of await page.locator('button:visible, a.call:visible, .bar a:visible').all()) {
      const box = await target.boundingBox()
      const name = (await target.getAttribute('aria-label')) ?? (await target.textContent()) ?? ''
      expect(Math.round(box?.height ?? 0), name).toBeGreaterThanOrEqual(44)
    }
    await done()
  })

  it('does not hide what has the focus under the sheet', async () => {
    const { page, done } = await open(browser, small)
    await page.goto(`${url}/map?e2e=1&sel=river:${gully.id}`)
    await mapReady(page)
    await page.locator('.rows a').first().waitFor()
    await tabTo(page, '.rows a')
    const hidden = await page.evaluate(() => {
      const box = document.activeElement?.getBoundingClientRect()
      if (box === undefined) return true
      const top = document.elementFromPoint(box.left + 20, box.top + box.height / 2)
      return document.activeElement?.contains(top) !== true
    })
    expect(hidden).toBe(false)
    await done()
  })
})

describe('my position', () => {
  it('is asked about', async () => {
    const [longitude, latitude] = point()
    const { page, done } = await open(browser, {
      permissions: ['geolocation'],
      geolocation: { longitude, latitude, accuracy: 1200 },
    })
    await page.goto(`${url}/map?e2e=1`)
    await mapReady(page)
    await page.getByRole('button', { name: '我的位置' }).click()
    await page.locator('.post').first().waitFor()
    await page.getByText('位置误差约 1.2 公里').waitFor()
    await done()
  })

  it('is refused with a sentence', async () => {
    const { page, done } = await open(browser, { permissions: [] })
    await page.goto(`${url}/map?e2e=1`)
    await mapReady(page)
    await page.getByRole('button', { name: '我的位置' }).click()
    await page.getByText('浏览器拒绝了定位').waitFor()
    await done()
  })

  it('is not to be had over plain HTTP, and says so', async () => {
    const { page, done } = await open(browser)
    await page.goto(`${url.replace('127.0.0.1', 'hetu.test')}/map?e2e=1`)
    await page.getByRole('button', { name: '我的位置' }).click()
    await page.getByText('不是通过 HTTPS 打开的').waitFor()
    await done()
  })
})

describe('every state', () => {
  it.each([
    ['desktop', desktop],
    ['phone', phone],
  ])('is accessible on a %s', async (_, viewport) => {
    const { page, done } = await open(browser, { viewport })
    for (const what of [
      '',
      `&sel=river:${gully.id}`,
      `&at=${point().join()}`,
      '&at=110.1,40.8',
      '&sel=river:999999999',
      '&lang=en',
    ]) {
      await page.goto(`${url}/map?e2e=1${what}`)
      await mapReady(page)
      await accessible(page)
    }
    await page.goto(`${url}/map?e2e=1`)
    await page.getByRole('combobox').fill('示例')
    await page.getByRole('option').first().waitFor()
    await accessible(page)
    await done()
  })
})

// Pictures for people, only when someone asks for them.
const folder = shotsFolder()
if (folder !== null) {
  describe('pictures', () => {
    it.each([
      ['map-desktop', desktop, '', 10.7],
      ['map-phone', phone, '', 10.4],
      ['map-desktop-en', desktop, '&lang=en', 10.7],
    ] as const)('%s', async (name, viewport, more, zoom) => {
      await mkdir(folder, { recursive: true })
      const isMobile = viewport === phone
      const { page, done } = await open(browser, { viewport, hasTouch: isMobile, isMobile })
      // Above the sheet of the phone.
      const [lon, lat] = point()
      const hash = isMobile ? `#${zoom}/${lat - 0.09}/${lon + 0.04}` : view(zoom)
      await page.goto(`${url}/map?e2e=1&at=${lon},${lat}${more}${hash}`)
      await mapReady(page)
      await page.locator('.post').first().waitFor()
      await page.screenshot({ path: join(folder, `${name}.png`) })
      await done()
    })

    it.each([
      ['find-desktop', desktop],
      ['find-phone', phone],
    ] as const)('%s', async (name, viewport) => {
      await mkdir(folder, { recursive: true })
      const { page, done } = await open(browser, { viewport })
      await page.goto(`${url}/?lon=${point()[0]}&lat=${point()[1]}`)
      await page.screenshot({ path: join(folder, `${name}.png`) })
      await done()
    })
  })
}
