// The edges of tiles are not seen: where rivers, reaches, boundaries and borders cross them, the map is drawn twice, once from
// the tiles as they are, once from tiles that have in addition whatever their eight neighbours draw otherwise, so that both
// sides of an edge show the very same. Where the two pictures differ, a tile and its neighbour do not agree.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { LayerSpecification } from 'maplibre-gl'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { ListedRiver } from '../src/api'
import { layers } from '../src/style'
import { launch, open } from './browser'
import { borders, extent, type Feature, type Position, readTile, shifted, type Tile, writeTile } from './tile'

const url = inject('grown')
const set = 'boundary,division,reach,river'
const size = 560 // pixels of the map: the tile under its middle and parts of those about it

type Grid = 'mercator' | 'cgcs2000'
type At = { grid: Grid; z: number; x: number; y: number }
type View = { grid: Grid; zoom: number; layer: string }

// The grid of CGCS2000 is drawn as if it were the upper half of Mercator's: what it shows is flattened, its edges are the same.
const views: View[] = [
  { grid: 'mercator', zoom: 8, layer: 'river' },
  { grid: 'mercator', zoom: 9, layer: 'river' },
  { grid: 'mercator', zoom: 9, layer: 'division' },
  { grid: 'mercator', zoom: 10, layer: 'river' },
  { grid: 'mercator', zoom: 11.4, layer: 'reach' },
  { grid: 'mercator', zoom: 11, layer: 'division' },
  { grid: 'mercator', zoom: 12, layer: 'river' },
  { grid: 'mercator', zoom: 12, layer: 'boundary' },
  { grid: 'mercator', zoom: 13, layer: 'reach' },
  { grid: 'mercator', zoom: 13.5, layer: 'boundary' },
  { grid: 'mercator', zoom: 14, layer: 'river' },
  { grid: 'mercator', zoom: 15, layer: 'boundary' },
  { grid: 'mercator', zoom: 16, layer: 'reach' },
  { grid: 'mercator', zoom: 17, layer: 'boundary' },
  { grid: 'cgcs2000', zoom: 9, layer: 'river' },
  { grid: 'cgcs2000', zoom: 10, layer: 'division' },
  { grid: 'cgcs2000', zoom: 12, layer: 'reach' },
  { grid: 'cgcs2000', zoom: 13, layer: 'boundary' },
  { grid: 'cgcs2000', zoom: 15, layer: 'river' },
  { grid: 'cgcs2000', zoom: 17, layer: 'boundary' },
]

let browser: Browser
let rivers: ListedRiver[]

beforeAll(async () => {
  browser = await launch()
  const found = (await (await fetch(`${url}/api/v1/rivers?limit=1000`)).json()) as { rivers: ListedRiver[] }
  rivers = found.rivers.sort((a, b) => (b.length_m ?? 0) - (a.length_m ?? 0) || a.id - b.id)
})
afterAll(() => browser.close())

const got = new Map<string, Promise<Tile>>()

function tileAt({ grid, z, x, y }: At): Promise<Tile> {
  const path = `${grid === 'mercator' ? '' : 'cgcs2000/'}${z}/${x}/${y}`
  const tile = got.get(path) ?? fetchTile(path)
  got.set(path, tile)
  return tile
}

async function fetchTile(path: string): Promise<Tile> {
  const answer = await fetch(`${url}/tiles/${set}/${path}.mvt`)
  if (answer.status === 204 || answer.status === 404) return new Map()
  expect(answer.status, path).toBe(200)
  return readTile(new Uint8Array(await answer.arrayBuffer()))
}

// Borders are drawn along rings. In the tile that is put together they are lines of their own, as a neighbour's ring would be
// drawn along the end of its buffer too.
const borderLayer = 'border'

function plain(tile: Tile): Tile {
  return new Map([...tile, [borderLayer, tile.get('division') ?? []]])
}

async function together(at: At): Promise<Tile> {
  const own = plain(await tileAt(at))
  const out: Tile = new Map(own)
  for (const [dx, dy] of around) {
    const beside = plain(await tileAt({ ...at, x: at.x + dx, y: at.y + dy }))
    for (const [name, features] of beside) {
      const more = features.map((f) => {
        const here = shifted(name === borderLayer ? borders(f) : f, dx, dy)
        return here.type === 2 ? others(here, own.get(name) ?? []) : here
      })
      out.set(name, [...(out.get(name) ?? []), ...more])
    }
  }
  return out
}

const around = [-1, 0, 1].flatMap((dx) => [-1, 0, 1].map((dy) => [dx, dy] as const)).filter(([dx, dy]) => dx || dy)

// style is the map's own, with what hides or makes edges taken out: names and signs, dashes (which start anew in every tile)
// and half transparent strokes (which would show where a line is drawn twice). All rivers and reaches are drawn out: no stroke
// is wider.
function style(): LayerSpecification[] {
  const reach = { type: 'line', source: 'hetu', 'source-layer': 'reach', paint: { 'line-width': 3 } } as const
  const drawn = layers('zh-CN').filter((l) => l.type === 'line' || l.type === 'fill' || l.type === 'background')
  return [...drawn, { ...reach, id: 'reach' } as const].map((layer) => {
    const l = structuredClone(layer) as LayerSpecification & { paint: Record<string, unknown> }
    delete l.paint['line-dasharray']
    delete l.paint['line-opacity']
    if (l.type === 'line' && l['source-layer'] === 'division') l['source-layer'] = borderLayer
    if (l.id.endsWith('-chosen') && 'filter' in l) delete l.filter
    return l
  })
}

// harness opens a page with two maps, one from the tiles as they are, one from those put together. cut spoils a tile first.
async function harness(grid: Grid, cut?: { at: At; tile: Tile }): Promise<{ page: Page; done: () => Promise<void> }> {
  const { page, faults, done } = await open(browser, { viewport: { width: 2 * size, height: size } })
  const dist = dirname(createRequire(import.meta.url).resolve('maplibre-gl/dist/maplibre-gl.css'))
  await page.route(`${url}/seams/*`, async (route) => {
    const name = new URL(route.request().url()).pathname.slice('/seams/'.length)
    if (name === '') return route.fulfill({ contentType: 'text/html', body: html })
    return route.fulfill({ contentType: 'text/javascript', body: await readFile(join(dist, name)) })
  })
  await page.route(`${url}/seams/*/*/*/*`, async (route) => {
    const [what, z, x, y] = new URL(route.request().url()).pathname.slice('/seams/'.length).split('/')
    const at: At = { grid, z: Number(z), x: Number(x), y: Number(y) }
    const isCut = cut !== undefined && at.z === cut.at.z && at.x === cut.at.x && at.y === cut.at.y
    const own = isCut ? cut.tile : await tileAt(at)
    await route.fulfill({ body: writeTile(what === 'plain' ? plain(own) : await together(at)) })
  })
  page.on('console', (m) => console.log(m.text()))
  await page.goto(`${url}/seams/`)
  await page.waitForFunction(() => window.maplibre !== undefined)
  await page.evaluate(startMaps, JSON.stringify(style()))
  return {
    page,
    done: async () => {
      console.log(faults) // DEBUG
      expect(faults).toEqual([])
      await done()
    },
  }
}

const html = `<!doctype html><meta charset="utf-8"><title>seams</title>
<style>body{margin:0;display:flex}div{width:${size}px;height:${size}px}</style><div id="plain"></div><div id="together"></div>
<script type="module">import * as maplibre from './maplibre-gl.mjs'; window.maplibre = maplibre</script>`

type MapLibre = typeof import('maplibre-gl')
declare global {
  interface Window {
    maplibre?: MapLibre
    maps?: InstanceType<MapLibre['Map']>[]
  }
}

async function startMaps(layers: string): Promise<void> {
  const maplibre = window.maplibre
  if (maplibre === undefined) throw new Error('there is no MapLibre')
  maplibre.setWorkerUrl(`${location.href}maplibre-gl-worker.mjs`)
  window.maps = ['plain', 'together'].map(
    (container) =>
      new maplibre.Map({
        container,
        style: {
          version: 8,
          sources: { hetu: { type: 'vector', tiles: [`${location.href}${container}/{z}/{x}/{y}`], maxzoom: 18 } },
          layers: JSON.parse(layers) as LayerSpecification[],
        },
        center: [0, 85],
        zoom: 17,
        maxZoom: 18,
        attributionControl: false,
        fadeDuration: 0,
        canvasContextAttributes: { preserveDrawingBuffer: true },
      }),
  )
  await Promise.all(window.maps.map((m) => new Promise((resolve) => m.once('load', resolve))))
}

// differing shows a place in both maps and counts the pixels of either that are like none of the nine about the same place in
// the other: sub-pixels and the softness of edges pass, a bend, a gap or a piece that is missing does not.
async function differing({ lng, lat, zoom }: { lng: number; lat: number; zoom: number }): Promise<number> {
  const tolerance = 48
  const pictures = await Promise.all(
    (window.maps ?? []).map(async (map) => {
      await new Promise((resolve) => {
        map.once('idle', resolve)
        map.jumpTo({ center: [lng, lat], zoom })
        map.triggerRepaint()
      })
      const canvas = document.createElement('canvas')
      canvas.width = map.getCanvas().width
      canvas.height = map.getCanvas().height
      const c = canvas.getContext('2d')
      c?.drawImage(map.getCanvas(), 0, 0)
      return c?.getImageData(0, 0, canvas.width, canvas.height)
    }),
  )
  const [a, b] = pictures
  if (a === undefined || b === undefined) throw new Error('a picture is missing')
  let found = 0
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    for (let y = 1; y < a.height - 1; y++) {
      for (let x = 1; x < a.width - 1; x++) {
        const like = (k: number, i: number) =>
          [0, 1, 2].every((n) => Math.abs((one.data[i + n] ?? 0) - (other.data[k + n] ?? 0)) <= tolerance)
        const i = 4 * (y * a.width + x)
        if (like(i, i)) continue
        const about = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => i + 4 * (dy * a.width + dx)))
        if (!about.some((k) => like(k, i))) { found++; if (found < 200) console.warn(x, y, one === a ? 'A' : 'B', [one.data[i], one.data[i+1], one.data[i+2]].join(), [other.data[i], other.data[i+1], other.data[i+2]].join()) }
      }
    }
  }
  return found
}

type Crossing = { at: At; spot: Position }

// crossing finds where a line of a layer crosses the edge of a tile, at the rivers one after the other.
async function crossing({ grid, zoom, layer }: View): Promise<Crossing> {
  const z = Math.floor(zoom)
  for (const { point } of rivers) {
    if (point === null) continue
    const [x, y] = tilePosition(grid, z, point)
    const at: At = { grid, z, x: Math.floor(x), y: Math.floor(y) }
    for (const f of (await tileAt(at)).get(layer) ?? []) {
      const spot = spotOf(f.type === 3 ? borders(f) : f)
      if (spot !== null) return { at, spot }
    }
  }
  throw new Error(`no ${layer} crosses the edge of a tile at zoom ${z}`)
}

// spotOf is the first vertex after a line has crossed an edge, away from the corners.
function spotOf(f: Feature): Position | null {
  for (const part of f.parts) {
    for (const [i, p] of part.entries()) {
      const before = part[i - 1]
      if (before === undefined) continue
      for (const axis of [0, 1] as const) {
        const [along, alongBefore] = [p[1 - axis] ?? 0, before[1 - axis] ?? 0]
        if (Math.min(along, alongBefore) < 300 || Math.max(along, alongBefore) > extent - 300) continue
        for (const edge of [0, extent]) if (p[axis] > edge !== before[axis] > edge) return p
      }
    }
  }
  return null
}

function tilePosition(grid: Grid, z: number, [lon, lat]: readonly [number, number]): Position {
  const n = 2 ** z
  const x = ((lon + 180) / 360) * n
  if (grid === 'cgcs2000') return [x, ((90 - lat) / 360) * n]
  return [x, (0.5 - Math.atanh(Math.sin((lat * Math.PI) / 180)) / (2 * Math.PI)) * n]
}

function camera({ at, spot }: Crossing, zoom: number): { lng: number; lat: number; zoom: number } {
  const n = 2 ** at.z
  const [x, y] = [(at.x + spot[0] / extent) / n, (at.y + spot[1] / extent) / n]
  return { lng: x * 360 - 180, lat: (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI, zoom }
}

describe('seams', () => {
  it.each(['mercator', 'cgcs2000'] as const)('there are none in the tiles of the %s grid', async (grid) => {
    const { page, done } = await harness(grid)
    const seen: [View, number][] = []
    for (const view of views.filter((v) => v.grid === grid)) {
      seen.push([view, await page.evaluate(differing, camera(await crossing(view), view.zoom))])
      await page.screenshot({ path: `/tmp/mine/shots/seam-${grid}-${view.zoom}-${view.layer}.png` }) // DEBUG
    }
    console.log(seen.map(String)); await done()
    expect(seen).toEqual(seen.map(([view]) => [view, 0]))
    await done()
  })
})
