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
import { borders, extent, type Feature, others, type Position, readTile, shifted, type Tile, writeTile } from './tile'

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
  { grid: 'mercator', zoom: 12, layer: 'reach' },
  { grid: 'mercator', zoom: 13, layer: 'boundary' },
  { grid: 'mercator', zoom: 13.5, layer: 'river' },
  { grid: 'mercator', zoom: 14, layer: 'boundary' },
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

type Tiles = (at: At) => Promise<Tile>

const got = new Map<string, Promise<Tile>>()

function served({ grid, z, x, y }: At): Promise<Tile> {
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

async function together(tiles: Tiles, at: At): Promise<Tile> {
  const own = plain(await tiles(at))
  const out: Tile = new Map(own)
  for (const [dx, dy] of around) {
    const beside = plain(await tiles({ ...at, x: at.x + dx, y: at.y + dy }))
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

// style is the map's own of what is in tiles, with what hides or makes edges taken out: names and signs, dashes (which start anew in every tile)
// and half transparent strokes (which would show where a line is drawn twice). All rivers and reaches are drawn out: no stroke
// is wider.
function style(): LayerSpecification[] {
  const reach = { type: 'line', source: 'hetu', 'source-layer': 'reach', paint: { 'line-width': 3 } } as const
  const inTiles = (l: LayerSpecification) => (l.type === 'line' || l.type === 'fill') && l.source === 'hetu'
  const drawn = layers('zh-CN').filter((l) => l.type === 'background' || inTiles(l))
  return [...drawn, { ...reach, id: 'reach' } as const].map((layer) => {
    const l = structuredClone(layer) as LayerSpecification & { paint: Record<string, unknown> }
    delete l.paint['line-dasharray']
    delete l.paint['line-opacity']
    if (l.type === 'line' && l['source-layer'] === 'division') l['source-layer'] = borderLayer
    if (l.id.endsWith('-chosen') && 'filter' in l) delete l.filter
    return l
  })
}

// harness opens a page with two maps, one from the tiles as they are, one from those put together.
async function harness(grid: Grid, tiles: Tiles): Promise<{ page: Page; done: () => Promise<void> }> {
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
    try {
      await route.fulfill({ body: writeTile(what === 'plain' ? plain(await tiles(at)) : await together(tiles, at)) })
    } catch (cause) {
      faults.push(String(cause))
      await route.abort()
    }
  })
  await page.goto(`${url}/seams/`)
  await page.waitForFunction(() => window.maplibre !== undefined)
  await page.evaluate(startMaps, JSON.stringify(style()))
  return {
    page,
    done: async () => {
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
// the other: sub-pixels and the softness of edges pass, a bend, a gap or a piece that is missing does not. A map that shows
// nothing in its middle is none.
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
  const middle = 4 * ((a.height / 2) * a.width + a.width / 2)
  const bare = [-8, 8].every((dx) => [0, 1, 2].every((n) => a.data[middle + n] === a.data[middle + n + 4 * dx]))
  if (bare) throw new Error('nothing is drawn in the middle')
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
        if (!about.some((k) => like(k, i))) found++
      }
    }
  }
  return found
}

type Crossing = { at: At; spot: Position }

// crossings gives places where a line of a layer crosses the edge of a tile, along the rivers one after the other: the vertex
// that comes after the edge, what stands about it, and its place in the tile.
async function* crossings({ grid, zoom, layer }: View): AsyncGenerator<Crossing & { vertex: Vertex }> {
  const z = Math.floor(zoom)
  for (const { point } of rivers) {
    if (point === null) continue
    const [x, y] = tilePosition(grid, z, point)
    const at: At = { grid, z, x: Math.floor(x), y: Math.floor(y) }
    for (const part of ((await served(at)).get(layer) ?? []).flatMap((f) => f.parts)) {
      for (const [i, p] of part.entries()) {
        const [before, after] = [part[i - 1], part[i + 1]]
        if (before === undefined || after === undefined) continue
        const spot = edgeBetween(before, p)
        if (spot !== null) yield { at, spot, vertex: { before, p, after } }
      }
    }
  }
}

type Vertex = { before: Position; p: Position; after: Position }

// edgeBetween is where a segment crosses an edge, away from the corners.
function edgeBetween(a: Position, b: Position): Position | null {
  for (const axis of [0, 1] as const) {
    for (const edge of [0, extent]) {
      if (a[axis] > edge === b[axis] > edge) continue
      const other = axis === 0 ? 1 : 0
      const at = a[other] + ((b[other] - a[other]) * (edge - a[axis])) / (b[axis] - a[axis])
      if (at > 300 && at < extent - 300) return axis === 0 ? [edge, at] : [at, edge]
    }
  }
  return null
}

async function crossing(view: View): Promise<Crossing> {
  for await (const found of crossings(view)) return found
  throw new Error(`no ${view.layer} crosses the edge of a tile at zoom ${view.zoom}`)
}

// bend finds a crossing whose line would cross two pixels beside without its vertex, and the tile without that vertex.
async function bend(view: View): Promise<Crossing & { tile: Tile }> {
  for await (const { at, spot, vertex } of crossings(view)) {
    const moved = edgeBetween(vertex.before, vertex.after)
    if (moved === null || Math.hypot(moved[0] - spot[0], moved[1] - spot[1]) < 16) continue
    const tile = new Map(await served(at))
    const features = (tile.get(view.layer) ?? []).map((f) => without(f, vertex.p))
    return { at, spot, tile: tile.set(view.layer, features) }
  }
  throw new Error(`no ${view.layer} bends where it crosses the edge of a tile at zoom ${view.zoom}`)
}

// without takes a vertex out of a feature: out of every one that shares it, or a neighbour's border would still show it.
function without(f: Feature, [x, y]: Position): Feature {
  return { ...f, parts: f.parts.map((part) => part.filter((p) => p[0] !== x || p[1] !== y)) }
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
    const { page, done } = await harness(grid, served)
    const seen: [View, number][] = []
    for (const view of views.filter((v) => v.grid === grid)) {
      seen.push([view, await page.evaluate(differing, camera(await crossing(view), view.zoom))])
    }
    expect(seen).toEqual(seen.map(([view]) => [view, 0]))
    await done()
  })

  // What the test above would say if a tile cut its lines in another way than its neighbour.
  it.each([
    ['river', 13],
    ['reach', 13],
    ['boundary', 14],
    ['division', 11],
  ] as const)('a vertex of a %s that a tile lacks is seen', async (layer, zoom) => {
    const { at, spot, tile } = await bend({ grid: 'mercator', zoom, layer })
    const spoilt: Tiles = (asked) => (asked.x === at.x && asked.y === at.y ? Promise.resolve(tile) : served(asked))
    const { page, done } = await harness('mercator', spoilt)
    expect(await page.evaluate(differing, camera({ at, spot }, zoom))).toBeGreaterThan(0)
    await done()
  })
})
