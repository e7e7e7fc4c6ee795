// The map as the rest of the page sees it. engine-ml.ts is the one module that knows MapLibre.
import type { Box, Line, LonLat, TileJson } from './api'
import type { Lang } from './i18n/say'
import type { Camera } from './state/link'
import type { Mark, View } from './state/state'

export type Shown = {
  riverId: number | null // drawn out
  reachIds: readonly number[] // drawn out
  at: LonLat | null // a pin
}

export type Tap = { at: LonLat; river: LonLat | null; marks: readonly Mark[]; markAt: LonLat | null }

// A square of the screen, counted in columns and rows, that a name is written across.
export type Written = { layer: string; name: string; x: number; y: number }

export type EngineEvents = {
  ready: () => void
  broken: () => void
  idle: (view: View) => void
  busy: () => void
  camera: (camera: Camera) => void
  tap: (tap: Tap) => void
  tiles: (failed: number) => void
}

export type EngineOptions = {
  container: HTMLElement
  lang: Lang
  label: string
  tiles: TileJson
  start: Box | Camera
  still: boolean // no flight: less motion was asked for, or a test looks
  padding: () => { top: number; right: number; bottom: number; left: number }
}

export type Engine = {
  show(shown: Shown): void
  trace(lines: readonly Line[], fit: boolean): void // drawn over all rivers; fit brings them into view
  fit(box: Box, on?: LonLat): void // where all of it would be too small to read, about a place that lies on it
  go(at: LonLat, zoom: number): void
  reveal(at: LonLat): void // moves only if something lies over it
  zoom(by: 1 | -1): void
  centre(): LonLat
  setTiles(tiles: TileJson): void
  retryTiles(): void
  resize(): void
  toPixel(at: LonLat): LonLat
  names(): Written[] // for a test
  ask(): void // as a tap at the centre
  destroy(): void
}
