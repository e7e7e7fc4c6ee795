// Where a division's name stands: in the middle of what the view shows of it. Tiles cut polygons into pieces and carry no
// label point, and a name for each piece would be a name for each tile.
import type { Box } from '../api'

export type Ring = readonly (readonly number[])[]
export type Piece = { id: number; name: string; name_en: string | null; level: number; rings: readonly Ring[] }
export type Label = { id: number; name: string; name_en: string | null; level: number; at: [number, number] }

type Point = readonly [number, number]

// placeLabels gives one label a division, in the middle by area of its pieces within the view. Slivers get none.
export function placeLabels(pieces: readonly Piece[], view: Box): Label[] {
  const sums = new Map<number, { of: Piece; area: number; x: number; y: number }>()
  for (const piece of pieces) {
    const sum = sums.get(piece.id) ?? { of: piece, area: 0, x: 0, y: 0 }
    for (const ring of piece.rings) {
      const part = middle(clip(ring, view))
      sum.area += part.area
      sum.x += part.x
      sum.y += part.y
    }
    sums.set(piece.id, sum)
  }
  const whole = (view[2] - view[0]) * (view[3] - view[1])
  const out: Label[] = []
  for (const s of sums.values()) {
    if (Math.abs(s.area) < whole * 0.002) continue
    const { id, name, name_en, level } = s.of
    out.push({ id, name, name_en, level, at: [s.x / s.area, s.y / s.area] })
  }
  return out.sort((a, b) => a.id - b.id)
}

// middle gives the signed area of a ring and its moments, by the shoelace formula.
function middle(ring: readonly Point[]): { area: number; x: number; y: number } {
  let area = 0
  let x = 0
  let y = 0
  for (let i = 0; i < ring.length; i++) {
    const [ax, ay] = ring[i] ?? [0, 0]
    const [bx, by] = ring[(i + 1) % ring.length] ?? [0, 0]
    const cross = ax * by - bx * ay
    area += cross / 2
    x += ((ax + bx) * cross) / 6
    y += ((ay + by) * cross) / 6
  }
  return { area, x, y }
}

// clip cuts a ring to a box, edge by edge (Sutherland and Hodgman).
function clip(ring: Ring, [west, south, east, north]: Box): Point[] {
  let points: Point[] = ring.map((p) => [p[0] ?? 0, p[1] ?? 0])
  for (const [axis, limit, sign] of [
    [0, west, 1],
    [0, east, -1],
    [1, south, 1],
    [1, north, -1],
  ] as const) {
    const inside = (p: Point) => (p[axis] - limit) * sign >= 0
    const out: Point[] = []
    for (let i = 0; i < points.length; i++) {
      const a = points[i]
      const b = points[(i + 1) % points.length]
      if (a === undefined || b === undefined) continue
      if (inside(a)) out.push(a)
      if (inside(a) !== inside(b)) {
        const t = (limit - a[axis]) / (b[axis] - a[axis])
        out.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])])
      }
    }
    points = out
  }
  return points
}
