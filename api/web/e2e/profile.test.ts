// A river from end to end on the map: its strip with a gap, by keyboard and by pointer, its files, and traces drawn.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ListedRiver, Profile } from '../src/api'
import { accessible, desktop, launch, mapReady, open, overflow, phone, shotsFolder } from './browser'
import { riverOf } from './sample'

const url = inject('url')
const early = '2017-06-01' // the chiefs of 黄河 were not yet in office
let browser: Browser
let river: ListedRiver
let profile: Profile

beforeAll(async () => {
  browser = await launch()
  river = await riverOf(url, '黄河')
  profile = (await (await fetch(`${url}/api/v1/hydro/rivers/${river.id}/profile?as_of=${early}`)).json()) as Profile
})
afterAll(() => browser.close())

function address(more = ''): string {
  return `${url}/map?e2e=1&sel=river:${river.id}&as_of=${early}${more}`
}

async function told(page: Page) {
  await page.goto(address())
  await page.getByRole('img', { name: /缺口 \d+ 处/ }).waitFor()
}

// traced collects what is asked of the network.
function traced(page: Page): URL[] {
  const asked: URL[] = []
  page.on('request', (r) => {
    if (r.url().includes('/navigation/')) asked.push(new URL(r.url()))
  })
  return asked
}

// painted counts the pixels of the map that have a colour, as a picture of the page shows them. A page of its own reads the
// picture: the map's own may load no data address.
async function painted(page: Page, [r, g, b]: readonly [number, number, number]): Promise<number> {
  const png = (await page.locator('.map').screenshot()).toString('base64')
  const reader = await browser.newPage()
  const count = (await reader.evaluate(`(async () => {
    const image = new Image()
    image.src = 'data:image/png;base64,${png}'
    await image.decode()
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height })
    const c = canvas.getContext('2d')
    c.drawImage(image, 0, 0)
    const d = c.getImageData(0, 0, canvas.width, canvas.height).data
    let n = 0
    for (let i = 0; i < d.length; i += 4) if (d[i] === ${r} && d[i + 1] === ${g} && d[i + 2] === ${b}) n++
    return n
  })()`)) as number
  await reader.close()
  return count
}

describe('profile', () => {
  it('shows a gap in words, and what is at a place by keyboard', async () => {
    const { page, faults, done } = await open(browser)
    await told(page)
    expect(profile.gaps).toBeGreaterThan(0)
    await page.getByText(`缺口 ${profile.gaps} 处`, { exact: true }).waitFor()
    expect(await page.locator('.gaps li').first().textContent()).toMatch(/级 .*K\d+\+\d{3}.*河长空缺/)
    expect(await page.locator('.strip .span.gap').count()).toBe(profile.gaps)
    const slider = page.getByRole('slider', { name: '沿河位置' })
    await slider.focus()
    const before = await slider.getAttribute('aria-valuetext')
    await page.keyboard.press('Home')
    const source = await slider.getAttribute('aria-valuetext')
    expect(source).not.toBe(before)
    await page.keyboard.press('End')
    expect(await slider.getAttribute('aria-valuetext')).toBe('K0+000')
    expect(await page.locator('.place').textContent()).toContain('K0+000 处')
    // A finger on the strip moves the slider: a pixel from the source is within half a kilometre of it.
    const box = await page.locator('.strip .bars').first().boundingBox()
    if (box === null) throw new Error('the strip is not there')
    await page.mouse.click(box.x + 1, box.y + box.height / 2)
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/^K62\+/)
    await page.getByText(/^逐项列表/).click()
    const rows = page.locator('details.heads .rows li') // made when it is opened
    await expect.poll(() => rows.count()).toBe(profile.routes[0]?.items.length)
    await accessible(page)
    expect(faults).toEqual([])
    await done()
  })

  it('gives its files', async () => {
    const { page, done } = await open(browser)
    await told(page)
    for (const form of ['CSV', 'XLSX', 'GeoJSON']) {
      const waiting = page.waitForEvent('download')
      await page.locator('.files').first().getByRole('link', { name: form }).click()
      const file = await waiting
      expect(file.suggestedFilename()).toBe(`黄河-${river.id}-${early}.${form.toLowerCase()}`)
    }
    await done()
  })

  it('draws a trace, of the place and as far as is asked', async () => {
    const { page, faults, done } = await open(browser)
    const asked = traced(page)
    await told(page)
    await mapReady(page)
    await page.getByRole('slider', { name: '沿河位置' }).focus()
    await page.keyboard.press('End')
    await page.getByRole('button', { name: '上游全部' }).click()
    await page.getByText(/共 [\d.]+ 公里，经过 \d+ 条河/).waitFor()
    expect(await page.locator('.walked li').count()).toBeGreaterThan(1) // 黄河 and a gully that runs into it
    const first = asked[0]
    expect(first?.pathname).toBe(`/api/v1/hydro/rivers/${river.id}/navigation/UT/flowlines`)
    expect(Object.fromEntries(first?.searchParams ?? [])).toMatchObject({
      distance: '20',
      at: 'K0+000.00',
      geometry: 'true',
      as_of: early,
    })
    await mapReady(page)
    await expect.poll(() => painted(page, [0x7b, 0x1f, 0xa2]), { timeout: 20_000 }).toBeGreaterThan(100)
    // The result says of which place it is, and goes on to when the place that would be asked about is moved.
    const result = page.locator('.trace [aria-live]')
    expect(await result.textContent()).toContain('追溯结果：从 K0+000 起，上游全部')
    expect(await page.locator('.trace .ways [aria-pressed=true]').textContent()).toBe('上游全部')
    await page.getByRole('slider', { name: '沿河位置' }).focus()
    await page.keyboard.press('Home')
    expect(await page.locator('.trace legend + p').textContent()).toMatch(/^从 K62\+\d{3} 起/)
    expect(await result.textContent()).toContain('追溯结果：从 K0+000 起，上游全部')
    expect(await page.locator('.trace .ways [aria-pressed=true]').count()).toBe(0)
    // Farther: the slider asks again when it is let go.
    await page.getByRole('slider', { name: '距离' }).focus()
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => asked.at(-1)?.searchParams.get('distance')).toBe('21')
    expect(asked.at(-1)?.searchParams.get('at')).toBe('K0+000.00') // what is shown goes on, from where it began
    await page.locator('.walked').waitFor()
    const waiting = page.waitForEvent('download')
    await page.locator('.trace').getByRole('button', { name: 'CSV' }).click()
    const path = await (await waiting).path()
    expect(await readFile(path, 'utf8')).toContain(`${river.id},黄河,`)
    await page.getByRole('button', { name: '清除追溯' }).click()
    await expect.poll(() => page.locator('.walked').count()).toBe(0)
    await expect.poll(() => painted(page, [0x7b, 0x1f, 0xa2]), { timeout: 20_000 }).toBe(0)
    await accessible(page)
    expect(faults).toEqual([])
    await done()
  })

  it('fits a phone, and reads without scripts', async () => {
    const small = await open(browser, { viewport: phone })
    await told(small.page)
    expect(await overflow(small.page)).toBeLessThanOrEqual(0)
    await small.done()
    const plain = await open(browser, { viewport: phone, javaScriptEnabled: false })
    await plain.page.goto(`${url}/r/${river.id}?as_of=${early}`)
    await plain.page.getByRole('heading', { name: '沿河一览' }).waitFor()
    expect(await plain.page.locator('.along .gap').count()).toBe(profile.gaps)
    expect(await plain.page.locator('.along .gap').first().textContent()).toContain('河长空缺')
    await plain.done()
  })

  // Pictures are for eyes: where no folder is told for them it is no test, and none that has passed.
  const folder = shotsFolder()
  it.runIf(folder !== null)('is pictured', async () => {
    if (folder === null) return
    await mkdir(folder, { recursive: true })
    for (const [name, viewport] of Object.entries({ desktop, phone })) {
      for (const lang of ['', '&lang=en']) {
        const { page, done } = await open(browser, { viewport })
        await page.goto(address(lang))
        await page.locator('.strip').waitFor()
        await mapReady(page)
        for (let i = 0; i < 2 && name === 'phone'; i++) {
          const up = page.locator('.handle button').last()
          if (await up.isEnabled()) await up.click()
        }
        await page.locator('#h-along').scrollIntoViewIfNeeded()
        await page.screenshot({ path: join(folder, `profile-${name}${lang === '' ? '' : '-en'}.png`) })
        await page.locator('.trace .ways button').nth(1).click()
        await page.locator('.walked').waitFor()
        await mapReady(page)
        await page.locator('.walked').scrollIntoViewIfNeeded()
        await page.screenshot({ path: join(folder, `trace-${name}${lang === '' ? '' : '-en'}.png`) })
        await page.goto(`${url}/r/${river.id}?as_of=${early}${lang}`)
        await page.locator('#along').scrollIntoViewIfNeeded()
        await page.screenshot({ path: join(folder, `page-${name}${lang === '' ? '' : '-en'}.png`) })
        await done()
      }
    }
  })
})
