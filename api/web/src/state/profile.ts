// The profile of a river as a strip: where things stand on it, and what is at one place. Pure.
import type { ItemKind, Level, Part, Profile, ProfileItem, ProfileRoute } from '../api'

// shareOf is how far along the strip a measure lies, 0 at the source and 1 at the mouth: water runs to the right, and the left
// bank is above, whatever end the route is measured from.
export function shareOf(r: ProfileRoute, m: number): number {
  const s = (m - r.rises_m) / (r.ends_m - r.rises_m)
  return Math.min(1, Math.max(0, s))
}

export function measureAt(r: ProfileRoute, share: number): number {
  return r.rises_m + (r.ends_m - r.rises_m) * share
}

export function lengthOf(r: ProfileRoute): number {
  return Math.abs(r.ends_m - r.rises_m)
}

// label writes a measure as boards do: K12+345.
export function label(m: number): string {
  const n = Math.round(Math.abs(m))
  return `${m < -0.5 ? '-' : ''}K${Math.floor(n / 1000)}+${String(n % 1000).padStart(3, '0')}`
}

// exact writes a measure to the centimetre, and never past an end of the route: what it is sent for has to lie on it.
export function exact(r: ProfileRoute, m: number): string {
  const low = Math.ceil(r.from_m * 100)
  const high = Math.floor(r.to_m * 100)
  const n = Math.min(high, Math.max(low, Math.round(m * 100)))
  const a = Math.abs(n)
  const metres = String(Math.floor(a / 100) % 1000).padStart(3, '0')
  return `${n < 0 ? '-' : ''}K${Math.floor(a / 100_000)}+${metres}.${String(a % 100).padStart(2, '0')}`
}

// ticks are round measures inside the route, about as many as are wanted.
export function ticks(r: ProfileRoute, wanted: number): number[] {
  const rough = lengthOf(r) / wanted
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)))
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? 10 * power
  const out: number[] = []
  for (let m = Math.ceil(r.from_m / step) * step; m <= r.to_m; m += step) out.push(m)
  return out
}

export type Row = { kind: ItemKind; level: Level | null; items: ProfileItem[] }

const marks: readonly ItemKind[] = ['tributary', 'section', 'outfall', 'board']

// rowsOf sorts what lies along a route into rows: one for each level, with its gaps, then the boundaries and each kind of mark.
export function rowsOf(r: ProfileRoute): Row[] {
  const levels = new Map<Level, ProfileItem[]>()
  for (const i of r.items) {
    if ((i.kind === 'reach' || i.kind === 'gap') && i.level !== null) {
      levels.set(i.level, [...(levels.get(i.level) ?? []), i])
    }
  }
  const out: Row[] = [...levels]
    .sort(([a], [b]) => a - b)
    .map(([level, items]) => ({ kind: 'reach' as const, level, items: sortedForDrawing(items) }))
  for (const kind of ['boundary' as const, ...marks]) {
    const items = r.items.filter((i) => i.kind === kind)
    if (items.length > 0) out.push({ kind, level: null, items })
  }
  return out
}

// Gaps are drawn last, over the reach that has no chief.
function sortedForDrawing(items: ProfileItem[]): ProfileItem[] {
  return [...items.filter((i) => i.kind === 'reach'), ...items.filter((i) => i.kind === 'gap')]
}

// judged tells whether there is anything that gaps were looked for in: a river without reaches, which no level is said to manage, has none for want of it.
export function judged(p: Profile): boolean {
  return p.routes.some((r) => r.items.some((i) => i.kind === 'reach'))
}

// gapsOf are the gaps, each by its level and from the source down.
export function gapsOf(r: ProfileRoute): ProfileItem[] {
  return r.items
    .filter((i) => i.kind === 'gap')
    .sort((a, b) => (a.level ?? 9) - (b.level ?? 9) || shareOf(r, a.from_m) - shareOf(r, b.from_m))
}

// storedWithinM is what stored measures are good to.
const storedWithinM = 0.01

// holds tells whether a stretch has a measure of the route: [from, to) to a centimetre, closed at the route's ends, as Range.Holds in
// geo/duty says it for the answers.
function holds(r: ProfileRoute, i: ProfileItem, m: number): boolean {
  const begun = m + storedWithinM >= i.from_m || i.from_m <= r.from_m + storedWithinM
  const ended = m + storedWithinM >= i.to_m && i.to_m < r.to_m - storedWithinM
  return begun && !ended
}

// at gives the stretches that hold a measure, reaches and gaps by level, and the marks within reach of a finger on the strip.
export function at(r: ProfileRoute, m: number): { stretches: ProfileItem[]; marks: ProfileItem[] } {
  const near = lengthOf(r) / 60
  const stretches = r.items.filter((i) => (i.kind === 'reach' || (i.kind === 'gap' && i.id === null)) && holds(r, i, m))
  stretches.sort((a, b) => (a.level ?? 9) - (b.level ?? 9))
  const close = r.items.filter((i) => marks.includes(i.kind) && Math.abs(i.from_m - m) <= near)
  close.sort((a, b) => Math.abs(a.from_m - m) - Math.abs(b.from_m - m))
  return { stretches, marks: close.slice(0, 5) }
}

export type Walked = {
  key: string
  id: number | null
  name: string | null
  name_en: string | null
  metres: number
  from: number
}

// walked sums the parts of a trace by river, in the order in which they are come to. Rivers without a name are one.
export function walked(parts: readonly Part[]): Walked[] {
  const by = new Map<string, Walked>()
  for (const { properties: p } of parts) {
    const key = p.river === null ? '' : String(p.river.id)
    const was = by.get(key)
    if (was === undefined) {
      by.set(key, {
        key,
        id: p.river?.id ?? null,
        name: p.river?.name ?? null,
        name_en: p.river?.name_en ?? null,
        metres: p.length_m,
        from: p.distance_m,
      })
    } else {
      was.metres += p.length_m
      was.from = Math.min(was.from, p.distance_m)
    }
  }
  return [...by.values()].sort((a, b) => a.from - b.from || a.key.localeCompare(b.key))
}

// csvOf is a trace as a table, for a spreadsheet: a text that it would take for a formula has an apostrophe before it.
export function csvOf(parts: readonly Part[]): string {
  const cell = (v: string | number) => {
    const text = typeof v === 'string' && /^[=+\-@\t\r]/.test(v) ? `'${v}` : String(v)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const rows: (string | number)[][] = [
    ['river_id', 'river', 'route_id', 'from_label', 'to_label', 'distance_m', 'distance_end_m', 'length_m'],
    ...parts.map(({ properties: p }) => [
      p.river?.id ?? '',
      p.river?.name ?? '',
      p.route_id,
      p.from_label,
      p.to_label,
      p.distance_m,
      p.distance_end_m,
      p.length_m,
    ]),
  ]
  return `\ufeff${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`
}
