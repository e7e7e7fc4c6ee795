// Names on the map: a tour of views by key, over the sample and over a generated network.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ListedRiver } from '../src/api'
import type { Written } from '../src/engine'
import { type Camera, parseCamera } from '../src/state/link'
import { desktop, launch, mapReady, open, phone, settled } from './browser'
import { riverOf } from './sample'

let browser: Browser

beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const cell = 20 // pixels of the squares that the page counts in

type Spot = { name: string; layer: string; x: number; y: number; cells: number }

// spots joins the squares that touch to the places where a name is written.
function spots(written: Written[]): Spot[] {
  const left = new Map(written.map((w) => [`${w.layer} ${w.name} ${w.x} ${w.y}`, w]))
  const out: Spot[] = []
  for (const [key, first] of left) {
    left.delete(key)
    const joined = [first]
    for (const w of joined) {
      for (const dx of [-1, 0, 1]) {
        for (const dy of [-1, 0, 1]) {
          const next = `${w.layer} ${w.name} ${w.x + dx} ${w.y + dy}`
          const found = left.get(next)
          if (found === undefined) continue
          left.delete(next)
          joined.push(found)
        }
      }
    }
    const mean = (of: (w: Written) => number) => (joined.reduce((sum, w) => sum + of(w), 0) / joined.length) * cell
    out.push({ name: first.name, layer: first.layer, x: mean((w) => w.x), y: mean((w) => w.y), cells: joined.length })
  }
  return out
}

type Size = { width: number; height: number }

// whole gives the rivers of a city or more that lie in a view as a whole and are long enough for their name.
function whole(rivers: readonly ListedRiver[], c: Camera, size: Size): string[] {
  const world = 512 * 2 ** c.zoom
  const y = (lat: number) => (0.5 - Math.atanh(Math.sin((lat * Math.PI) / 180)) / (2 * Math.PI)) * world
  const x = (lon: number) => (lon / 360) * world
  const edge = 50
  const metre = world / 40_075_017 / Math.cos((c.lat * Math.PI) / 180)
  return rivers
    .filter(({ bbox, levels, length_m }) => {
      if (bbox === null || length_m === null || Math.min(...levels) > 2 || length_m * metre < 250) return false
      const [left, right] = [x(bbox[0]) - x(c.lon) + size.width / 2, x(bbox[2]) - x(c.lon) + size.width / 2]
      const [top, bottom] = [y(bbox[3]) - y(c.lat) + size.height / 2, y(bbox[1]) - y(c.lat) + size.height / 2]
      return left > edge && top > edge && right < size.width - edge && bottom < size.height - edge
    })
    .map((r) => r.name)
}

const tours = [
  // 九原区 from afar to a gully, then along it.
  ['sample', desktop, '#6/40.62/109.8', '= = = ArrowUp = = ArrowLeft ArrowLeft = ArrowDown = ArrowDown = ArrowDown'],
  // 清镇市 on a phone.
  ['sample', phone, '#9/26.65/106.32', '= ArrowUp = = ='],
  // A network of many rivers.
  ['grown', desktop, '#8/32/109.2', '= = ArrowRight = ArrowDown = ='],
] as const

describe('names', () => {
  it.each(tours)(
    'of the %s are written once, and large rivers have theirs: %o %s',
    async (server, viewport, start, keys) => {
      const url = inject(server === 'sample' ? 'url' : 'grown')
      const { rivers } = (await (await fetch(`${url}/api/v1/rivers?limit=1000`)).json()) as { rivers: ListedRiver[] }
      const { page, faults, done } = await open(browser, { viewport })
      await page.goto(`${url}/map?e2e=1${start}`)
      await mapReady(page)
      for (const key of ['', ...keys.split(' ')]) {
        if (key !== '') {
          await page.locator('.map canvas').focus()
          await settled(page, () => page.keyboard.press(key))
        }
        const camera = parseCamera(new URL(page.url()).hash)
        const size = await page.locator('.map').boundingBox()
        if (camera === null || size === null) throw new Error('there is no map')
        const found = spots((await page.evaluate('window.__hetu.names()')) as Written[])
        const view = `${start} ${key} ${new URL(page.url()).hash}`
        const names = found.filter((s) => s.layer.startsWith('name-river'))
        for (const [i, a] of found.entries()) {
          const again = found.slice(0, i).filter((b) => b.name === a.name && b.layer === a.layer)
          if (camera.zoom <= 11) expect(again, view).toEqual([])
          expect(
            again.filter((b) => Math.hypot(a.x - b.x, a.y - b.y) < 200),
            view,
          ).toEqual([])
        }
        const named = names.map((s) => s.name)
        expect(named, view).toEqual(expect.arrayContaining(whole(rivers, camera, size)))
      }
      expect(faults).toEqual([])
      await done()
    },
  )

  it('follow a river near by, in the language of the page', async () => {
    const url = inject('url')
    const gully = await riverOf(url, '哈德门沟')
    const { page, done } = await open(browser)
    for (const [lang, name] of [
      ['zh-CN', '哈德门沟'],
      ['en', 'Hademen Gully'],
    ] as const) {
      await page.goto(`${url}/map?e2e=1&lang=${lang}#14.5/${gully.point?.[1]}/${gully.point?.[0]}`)
      await mapReady(page)
      const found = spots((await page.evaluate('window.__hetu.names()')) as Written[])
      expect(found.map((s) => s.name)).toContain(name)
    }
    await done()
  })
})
