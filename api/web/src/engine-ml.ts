// The one module that runs MapLibre. It shows what it is told and says what happened; it decides nothing.
import {
  type FilterSpecification,
  type GeoJSONSource,
  type MapGeoJSONFeature,
  Map as MapLibre,
  Marker,
  type PointLike,
  ScaleControl,
  setWorkerUrl,
  type VectorTileSource,
} from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { Box, Line, LonLat, TileJson } from './api'
import type { Engine, EngineEvents, EngineOptions, Shown, Written } from './engine'
import { nameOf } from './state/format'
import type { Camera } from './state/link'
import { highest, listSeen, type Mark, type SeenRiver, type View } from './state/state'
import { layers, markLayers, nameLayers, riverLayers } from './style'
import { pixelRatio, symbols } from './symbols'

const finger = 12 // pixels around a tap in which a line counts as meant
const smallRiversFrom = 10
const nameCell = 20 // pixels of the squares that are asked which names they show
const boardsFrom = 11 // zoom from which boards can be counted

export function hasWebGL2(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null
}

// startMap throws when the browser cannot draw; the caller asks hasWebGL2 first and still catches.
export function startMap(o: EngineOptions, events: EngineEvents): Engine {
  setWorkerUrl(workerUrl)
  const map = new MapLibre({
    container: o.container,
    style: {
      version: 8,
      sources: { hetu: vector(o.tiles), trace: { type: 'geojson', data: collection([]) } },
      layers: layers(o.lang),
    },
    ...startOf(o),
    minZoom: 3,
    maxZoom: 18,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
    attributionControl: false,
    fadeDuration: o.still ? 0 : 200,
    locale: { 'Map.Title': o.label },
  })
  map.touchZoomRotate.disableRotation()
  map.keyboard.disableRotation()
  map.addControl(new ScaleControl({ maxWidth: 96, unit: 'metric' }), 'bottom-right')
  const pin = new Marker({ element: pinElement(), anchor: 'bottom' })
  let shown: Shown = { riverId: null, reachIds: [], at: null }
  const failed = new Map<string, TileId>()
  let started = false

  const apply = () => {
    if (!map.isStyleLoaded() && map.getLayer('river-chosen') === undefined) return
    map.setFilter('river-chosen', ['==', ['get', 'river_id'], shown.riverId ?? -1])
    map.setFilter('reach-chosen', ['in', ['id'], ['literal', [...shown.reachIds]]] as FilterSpecification)
    if (shown.at === null) pin.remove()
    else pin.setLngLat([shown.at[0], shown.at[1]]).addTo(map)
  }

  // go puts a place in the middle of what is not covered.
  const go = (at: LonLat, zoom: number) => {
    const { top, right, bottom, left } = o.padding()
    map.easeTo({
      center: [at[0], at[1]],
      zoom,
      offset: [(left - right) / 2, (top - bottom) / 2],
      duration: 600,
      animate: !o.still && started,
    })
  }
  // A county on a small screen would show its great rivers only: begin where the small ones are drawn.
  if (!('zoom' in o.start) && tooFar(map.getZoom())) go(middleOf(o.start), smallRiversFrom)

  for (const s of symbols()) map.addImage(s.name, s.data, { pixelRatio })
  map.once('load', () => {
    started = true
    apply()
    events.ready()
  })
  map.on('idle', () => events.idle(viewOf(map)))
  map.on('movestart', () => events.busy())
  map.on('moveend', () => events.camera(cameraOf(map)))
  map.on('webglcontextlost', () => events.broken())
  map.on('error', (e) => {
    const tile = failedTile(e)
    if (tile === null) return
    failed.set(`${tile.z}/${tile.x}/${tile.y}`, tile)
    events.tiles(failed.size)
  })
  // A tile that comes back unchanged paints nothing, and without a frame there is no idle: so ask for frames until there is.
  let waking: number | undefined
  const wake = () => {
    window.clearInterval(waking)
    waking = window.setInterval(() => map.triggerRepaint(), 200)
    map.once('idle', () => window.clearInterval(waking))
  }
  // Tiles that failed are asked for by name: MapLibre 6.17 leaves them waiting for good when a whole source is read anew.
  const fetchFailed = () => {
    const tiles = [...failed.values()]
    failed.clear()
    events.tiles(0)
    if (tiles.length > 0) map.refreshTiles('hetu', tiles)
  }
  const tap = (at: LonLat, px: { x: number; y: number }) => {
    const box: [PointLike, PointLike] = [
      [px.x - finger, px.y - finger],
      [px.x + finger, px.y + finger],
    ]
    const marks = map.queryRenderedFeatures(box, { layers: [...markLayers] })
    const lines = map.queryRenderedFeatures(box, { layers: [...riverLayers] })
    events.tap({ at, river: nearest(map, lines, px), marks: marksOf(marks), markAt: pointOf(marks[0]) })
  }
  map.on('click', (e) => tap([e.lngLat.lng, e.lngLat.lat], e.point))
  map.on('mousemove', (e) => {
    const over = map.queryRenderedFeatures(e.point, { layers: [...riverLayers, ...markLayers] })
    map.getCanvas().style.cursor = over.length > 0 ? 'pointer' : ''
  })
  const ask = () => {
    const at = map.getCenter()
    tap([at.lng, at.lat], map.project(at))
  }
  map.getCanvas().addEventListener('keydown', (e) => {
    if (e.key === 'Enter') ask()
  })

  return {
    show(next) {
      shown = next
      apply()
    },
    fit(box, on) {
      const bounds: [number, number, number, number] = [box[0], box[1], box[2], box[3]]
      const whole = map.cameraForBounds(bounds, { padding: o.padding() })
      if (whole?.zoom !== undefined && tooFar(whole.zoom)) go(on ?? middleOf(box), smallRiversFrom)
      else map.fitBounds(bounds, { padding: o.padding(), maxZoom: 14, ...pace(o.still) })
    },
    trace(lines, fit) {
      events.busy()
      map.getSource<GeoJSONSource>('trace')?.setData(collection(lines))
      wake()
      const box = boxOf(lines)
      if (fit && box !== null) map.fitBounds(box, { padding: o.padding(), maxZoom: 14, ...pace(o.still) })
    },
    go,
    reveal(at) {
      const { top, right, bottom, left } = o.padding()
      const p = map.project([at[0], at[1]])
      const { clientWidth: width, clientHeight: height } = map.getContainer()
      if (p.x < left || p.x > width - right || p.y < top || p.y > height - bottom) go(at, map.getZoom())
    },
    zoom(by) {
      if (o.still) map.jumpTo({ zoom: map.getZoom() + by })
      else map.easeTo({ zoom: map.getZoom() + by, duration: 250 })
    },
    centre() {
      const c = map.getCenter()
      return [c.lng, c.lat]
    },
    setTiles(tiles) {
      events.busy()
      fetchFailed()
      map.getSource<VectorTileSource>('hetu')?.setTiles([...tiles.tiles])
      wake()
    },
    retryTiles() {
      events.busy()
      fetchFailed()
      wake()
    },
    resize() {
      map.resize()
    },
    toPixel(at) {
      const p = map.project([at[0], at[1]])
      return [p.x, p.y]
    },
    names() {
      const found: Written[] = []
      const { clientWidth, clientHeight } = map.getContainer()
      for (let y = 0; y < clientHeight; y += nameCell) {
        for (let x = 0; x < clientWidth; x += nameCell) {
          const cell: [PointLike, PointLike] = [
            [x, y],
            [x + nameCell, y + nameCell],
          ]
          for (const f of map.queryRenderedFeatures(cell, { layers: [...nameLayers] })) {
            const name = nameOf(o.lang, { name: text(f, 'name') ?? '', name_en: text(f, 'name_en') })
            found.push({ layer: f.layer.id, name, x: x / nameCell, y: y / nameCell })
          }
        }
      }
      return found
    },
    ask,
    destroy() {
      window.clearInterval(waking)
      map.remove()
    },
  }
}

function vector(t: TileJson) {
  return {
    type: 'vector' as const,
    tiles: [...t.tiles],
    minzoom: t.minzoom,
    maxzoom: t.maxzoom,
    bounds: [t.bounds[0], t.bounds[1], t.bounds[2], t.bounds[3]] as [number, number, number, number],
  }
}

function collection(lines: readonly Line[]) {
  return {
    type: 'FeatureCollection' as const,
    features: lines.map((geometry) => ({ type: 'Feature' as const, properties: {}, geometry })),
  }
}

function boxOf(lines: readonly Line[]): [number, number, number, number] | null {
  let box: [number, number, number, number] | null = null
  for (const line of lines) {
    for (const [x, y] of line.coordinates) {
      box =
        box === null
          ? [x, y, x, y]
          : [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)]
    }
  }
  return box
}

// tooFar tells that a view leaves out the small rivers of what would still make sense with them; a country is another matter.
function tooFar(zoom: number): boolean {
  return zoom > 7.5 && zoom < smallRiversFrom
}

function middleOf([west, south, east, north]: Box): LonLat {
  return [(west + east) / 2, (south + north) / 2]
}

function startOf(o: EngineOptions) {
  if ('zoom' in o.start) return { center: [o.start.lon, o.start.lat] as [number, number], zoom: o.start.zoom }
  const [west, south, east, north] = o.start
  return {
    bounds: [west, south, east, north] as [number, number, number, number],
    fitBoundsOptions: { padding: o.padding() },
  }
}

function pace(still: boolean) {
  return still ? { animate: false } : { duration: 700 }
}

function cameraOf(map: MapLibre): Camera {
  const c = map.getCenter()
  return { zoom: map.getZoom(), lat: c.lat, lon: c.lng }
}

function text(f: MapGeoJSONFeature, name: string): string | null {
  const v: unknown = f.properties[name]
  return typeof v === 'string' && v !== '' ? v : null
}

function number(f: MapGeoJSONFeature, name: string): number | null {
  const v: unknown = f.properties[name]
  return typeof v === 'number' ? v : null
}

function viewOf(map: MapLibre): View {
  const rivers: SeenRiver[] = []
  for (const f of map.queryRenderedFeatures({ layers: [...riverLayers] })) {
    const id = number(f, 'river_id')
    const name = text(f, 'name')
    if (id === null || name === null) continue
    const levels = text(f, 'levels') ?? undefined
    const seasonal = f.properties['perennial'] === false
    rivers.push({ id, name, name_en: text(f, 'name_en'), level: highest(levels), seasonal })
  }
  if (map.getZoom() < boardsFrom) return { rivers: listSeen(rivers), boards: null }
  const boards = new Set(map.queryRenderedFeatures({ layers: ['board'] }).map((f) => f.id))
  return { rivers: listSeen(rivers), boards: boards.size }
}

// nearest is the point of the drawn lines that lies under the finger, for looking: tiles are not for measuring.
function nearest(map: MapLibre, lines: MapGeoJSONFeature[], px: { x: number; y: number }): LonLat | null {
  let best = finger + 1
  let at: { x: number; y: number } | null = null
  for (const f of lines) {
    const g = f.geometry
    const parts = g.type === 'LineString' ? [g.coordinates] : g.type === 'MultiLineString' ? g.coordinates : []
    for (const part of parts) {
      let a: { x: number; y: number } | null = null
      for (const p of part) {
        const b = map.project([p[0] ?? 0, p[1] ?? 0])
        if (a !== null) {
          const hit = onSegment(a, b, px)
          const d = Math.hypot(hit.x - px.x, hit.y - px.y)
          if (d < best) {
            best = d
            at = hit
          }
        }
        a = b
      }
    }
  }
  if (at === null) return null
  const c = map.unproject([at.x, at.y])
  return [c.lng, c.lat]
}

type Pixel = { x: number; y: number }

function onSegment(a: Pixel, b: Pixel, p: Pixel): Pixel {
  const dx = b.x - a.x
  const dy = b.y - a.y
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length))
  return { x: a.x + t * dx, y: a.y + t * dy }
}

function marksOf(found: MapGeoJSONFeature[]): Mark[] {
  const out: Mark[] = []
  for (const f of found.slice(0, 5)) {
    const kind = f.layer.id === 'board' ? 'board' : 'section'
    const name = (kind === 'board' ? text(f, 'site') : text(f, 'name')) ?? text(f, 'code') ?? ''
    out.push({ kind, name, target: number(f, 'target') })
  }
  return out
}

function pointOf(f: MapGeoJSONFeature | undefined): LonLat | null {
  if (f === undefined || f.geometry.type !== 'Point') return null
  const [lon, lat] = f.geometry.coordinates
  return lon === undefined || lat === undefined ? null : [lon, lat]
}

type TileId = { z: number; x: number; y: number }

function failedTile(e: object): TileId | null {
  const { tile } = e as { tile?: { tileID?: { canonical?: TileId } } }
  return tile?.tileID?.canonical ?? null
}

function pinElement(): HTMLElement {
  const el = document.createElement('div')
  el.className = 'pin'
  el.setAttribute('aria-hidden', 'true')
  return el
}
