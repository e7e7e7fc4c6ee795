// Vector tiles taken apart and put together: to see what they hold, and to make such as no server would.
import { VectorTile } from '@mapbox/vector-tile'
import { PbfReader, PbfWriter } from 'pbf'

export const extent = 4096
const rim = [-64, extent + 64] // where a tile's buffer ends

export type Position = readonly [x: number, y: number]
export type Feature = {
  id: number | undefined
  type: 1 | 2 | 3 // points, lines, rings
  properties: Readonly<Record<string, string | number | boolean>>
  parts: readonly (readonly Position[])[]
}
export type Tile = Map<string, Feature[]>

export function readTile(bytes: Uint8Array): Tile {
  const tile: Tile = new Map()
  for (const [name, layer] of Object.entries(new VectorTile(new PbfReader(bytes)).layers)) {
    const features: Feature[] = []
    for (let i = 0; i < layer.length; i++) {
      const f = layer.feature(i)
      if (f.type === 0) continue
      const parts = f.loadGeometry().map((part) => part.map((p): Position => [p.x, p.y]))
      features.push({ id: f.id, type: f.type, properties: f.properties, parts })
    }
    tile.set(name, features)
  }
  return tile
}

export function writeTile(tile: Tile): Buffer {
  const out = new PbfWriter()
  for (const [name, features] of tile) {
    const keys = new Map<string, number>()
    const values = new Map<string | number | boolean, number>()
    const number = <K>(of: Map<K, number>, key: K) => {
      const n = of.get(key) ?? of.size
      of.set(key, n)
      return n
    }
    out.writeMessage(
      3,
      (_, layer) => {
        layer.writeVarintField(15, 2)
        layer.writeStringField(1, name)
        layer.writeVarintField(5, extent)
        for (const f of features.filter((f) => f.parts.length > 0)) {
          const tags = Object.entries(f.properties).flatMap(([k, v]) => [number(keys, k), number(values, v)])
          layer.writeMessage(
            2,
            () => {
              if (f.id !== undefined) layer.writeVarintField(1, f.id)
              layer.writePackedVarint(2, tags)
              layer.writeVarintField(3, f.type)
              layer.writePackedVarint(4, commands(f))
            },
            null,
          )
        }
        for (const key of keys.keys()) layer.writeStringField(3, key)
        for (const value of values.keys()) {
          layer.writeMessage(
            4,
            () => {
              if (typeof value === 'string') layer.writeStringField(1, value)
              else if (typeof value === 'boolean') layer.writeBooleanField(7, value)
              else layer.writeDoubleField(3, value)
            },
            null,
          )
        }
      },
      null,
    )
  }
  return Buffer.from(out.finish())
}

const moveTo = 1
const lineTo = 2
const closePath = 7

// commands writes the lines and rings of a feature; a ring's last position is its first.
function commands(f: Feature): number[] {
  const out: number[] = []
  let [cx, cy] = [0, 0]
  const go = ([x, y]: Position) => {
    out.push(zigzag(x - cx), zigzag(y - cy))
    cx = x
    cy = y
  }
  for (const part of f.parts) {
    const positions = f.type === 3 ? part.slice(0, -1) : part
    const [first, ...others] = positions
    if (first === undefined) continue
    out.push((1 << 3) | moveTo)
    go(first)
    if (others.length > 0) out.push((others.length << 3) | lineTo)
    for (const p of others) go(p)
    if (f.type === 3) out.push((1 << 3) | closePath)
  }
  return out
}

function zigzag(n: number): number {
  return n < 0 ? -2 * n - 1 : 2 * n
}

// shifted moves a feature by whole tiles.
export function shifted(f: Feature, dx: number, dy: number): Feature {
  const move = ([x, y]: Position): Position => [x + dx * extent, y + dy * extent]
  return { ...f, parts: f.parts.map((part) => part.map(move)) }
}

// borders gives the rings of a feature as the lines that it shows: without the stretches along which the buffer's end cut it.
export function borders(f: Feature): Feature {
  const parts: Position[][] = []
  for (const ring of f.parts) {
    let line: Position[] = []
    for (const [i, p] of ring.entries()) {
      const before = ring[i - 1]
      if (before !== undefined && rim.some((at) => [0, 1].some((axis) => before[axis] === at && p[axis] === at))) {
        if (line.length > 1) parts.push(line)
        line = []
      }
      line.push(p)
    }
    if (line.length > 1) parts.push(line)
  }
  return { ...f, type: 2, parts }
}

const margin = 2 * 64 // how far beyond a tile something can still be seen in it
const same = 2 // units, a quarter of a pixel: lines this near to one another are one
const step = 16

// others gives the stretches of a neighbour's lines, moved here, that can be seen in the tile and that its own lines of the
// same feature do not run along.
export function others(f: Feature, own: readonly Feature[]): Feature {
  const segments = own.filter((o) => o.id === f.id).flatMap((o) => o.parts.flatMap(pairs))
  const known = (p: Position) => segments.some(([a, b]) => distance(p, a, b) <= same)
  const parts: Position[][] = []
  for (const [a, b] of f.parts.flatMap(pairs)) {
    if ([0, 1].some((axis) => beyond(a[axis] ?? 0, b[axis] ?? 0))) continue
    const n = Math.ceil(Math.hypot(b[0] - a[0], b[1] - a[1]) / step)
    const at = (i: number): Position => [
      Math.round(a[0] + ((b[0] - a[0]) * i) / n),
      Math.round(a[1] + ((b[1] - a[1]) * i) / n),
    ]
    for (let i = 0; i < n; i++) if (!known(at(i)) || !known(at(i + 1))) parts.push([at(i), at(i + 1)])
  }
  return { ...f, parts }
}

function pairs(part: readonly Position[]): [Position, Position][] {
  return part.slice(1).map((p, i) => [part[i] ?? p, p])
}

function beyond(a: number, b: number): boolean {
  return Math.max(a, b) < -margin || Math.min(a, b) > extent + margin
}

function distance(p: Position, a: Position, b: Position): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]]
  const length = dx * dx + dy * dy
  const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length))
  return Math.hypot(a[0] + t * dx - p[0], a[1] + t * dy - p[1])
}
