// What the map page knows, and how each thing that happens changes it. Pure: no DOM, no network, no map.
import type { Answer, Box, Level, ListedRiver, LonLat, Place, Profile, RiverDetail, Trace, TraceAsk } from '../api'
import type { Key, Lang } from '../i18n/say'
import { type Link, nothing, type Selection, sameSelection } from './link'

export type Trouble = { kind: 'network' | 'server' | 'missing' | 'refused'; detail: string; requestId: string | null }

export type Load<T> = { is: 'idle' } | { is: 'loading' } | { is: 'done'; value: T } | { is: 'failed'; trouble: Trouble }

export const idle = { is: 'idle' } as const

// A mark that was under the finger, from the tile.
export type Mark = { kind: 'board' | 'section'; name: string; target: number | null }

export type SeenRiver = { id: number; name: string; name_en: string | null; level: Level | null; seasonal: boolean }
export type View = { rivers: readonly SeenRiver[]; boards: number | null }
export type Area = { key: string; name: string; name_en: string | null; rivers: number; box: Box }

// An answer, and where the nearest river is when there is none within its radius.
export type Answered = { answer: Answer; beyond: Answer | null }
export type Found = { q: string; rivers: ListedRiver[]; places: Place[] }
export type Stop = 'peek' | 'half' | 'full'
export type MapPhase = 'starting' | 'ready' | 'failed' | 'no-webgl'

export type State = {
  link: Link
  today: string
  river: Load<RiverDetail>
  profile: Load<Profile> // of the river
  traced: TraceAsk | null
  trace: Load<Trace>
  answer: Load<Answered>
  marks: readonly Mark[]
  text: string
  found: Load<Found>
  active: number // of the results in a row, -1 for none
  open: boolean // the results are shown
  view: View
  areas: readonly Area[]
  map: MapPhase
  tilesFailed: number
  online: boolean
  stop: Stop
  locating: boolean
  said: { key: Key; metres: number | null } | null // about the position
}

export type Action =
  | { do: 'selected'; selection: Selection; marks?: readonly Mark[] }
  | { do: 'day'; asOf: string | null }
  | { do: 'river'; load: Load<RiverDetail> }
  | { do: 'profile'; load: Load<Profile> }
  | { do: 'traced'; ask: TraceAsk | null }
  | { do: 'trace'; load: Load<Trace> }
  | { do: 'answer'; load: Load<Answered> }
  | { do: 'typed'; text: string }
  | { do: 'found'; load: Load<Found> }
  | { do: 'moved'; by: 1 | -1 }
  | { do: 'closed' }
  | { do: 'opened' }
  | { do: 'viewed'; view: View }
  | { do: 'areas'; areas: readonly Area[] }
  | { do: 'map'; map: MapPhase }
  | { do: 'tiles'; failed: number }
  | { do: 'online'; online: boolean }
  | { do: 'stop'; stop: Stop }
  | { do: 'locating' }
  | { do: 'located'; said: State['said'] }

export function start(link: Link, today: string): State {
  return {
    link,
    today,
    river: idle,
    profile: idle,
    traced: null,
    trace: idle,
    answer: idle,
    marks: [],
    text: '',
    found: idle,
    active: -1,
    open: false,
    view: { rivers: [], boards: null },
    areas: [],
    map: 'starting',
    tilesFailed: 0,
    online: true,
    stop: link.selection.kind === 'none' ? 'peek' : 'half',
    locating: false,
    said: null,
  }
}

export function reduce(s: State, a: Action): State {
  switch (a.do) {
    case 'selected':
      return select(s, a.selection, a.marks ?? [])
    case 'day':
      return { ...s, link: { ...s.link, asOf: a.asOf === s.today ? null : a.asOf }, traced: null, trace: idle }
    case 'river':
      return { ...s, river: a.load }
    case 'profile':
      return { ...s, profile: a.load }
    case 'traced':
      return { ...s, traced: a.ask, trace: idle }
    case 'trace':
      return { ...s, trace: a.load }
    case 'answer':
      return { ...s, answer: a.load }
    case 'typed':
      return { ...s, text: a.text, active: -1, open: a.text !== '', found: a.text === '' ? idle : s.found }
    case 'found':
      return { ...s, found: a.load, active: -1 }
    case 'moved':
      return { ...s, open: true, active: step(s.active, a.by, results(s).length) }
    case 'closed':
      return { ...s, open: false, active: -1 }
    case 'opened':
      return { ...s, open: s.text !== '' }
    case 'viewed':
      return { ...s, view: a.view }
    case 'areas':
      return { ...s, areas: a.areas }
    case 'map':
      return { ...s, map: a.map }
    case 'tiles':
      return { ...s, tilesFailed: a.failed }
    case 'online':
      return { ...s, online: a.online }
    case 'stop':
      return { ...s, stop: a.stop }
    case 'locating':
      return { ...s, locating: true, said: null }
    case 'located':
      return { ...s, locating: false, said: a.said }
  }
}

function select(s: State, selection: Selection, marks: readonly Mark[]): State {
  if (sameSelection(s.link.selection, selection)) return { ...s, marks, open: false }
  return {
    ...s,
    link: { ...s.link, selection },
    river: idle,
    profile: idle,
    traced: null,
    trace: idle,
    answer: idle,
    marks,
    open: false,
    active: -1,
    stop: selection.kind === 'none' ? 'peek' : s.stop === 'full' ? 'full' : 'half',
    said: null,
  }
}

// step walks a list of n and out of it: -1 is the text itself.
function step(at: number, by: 1 | -1, n: number): number {
  const next = at + by
  if (next >= n) return -1
  return next < -1 ? n - 1 : next
}

export type Result = { kind: 'river'; river: ListedRiver } | { kind: 'place'; place: Place }

// results are the hits in the order in which they are listed.
export function results(s: Pick<State, 'found'>): Result[] {
  if (s.found.is !== 'done') return []
  return [
    ...s.found.value.rivers.map((river): Result => ({ kind: 'river', river })),
    ...s.found.value.places.map((place): Result => ({ kind: 'place', place })),
  ]
}

export function selectionOf(r: Result): Selection {
  return r.kind === 'river' ? { kind: 'river', id: r.river.id } : { kind: 'at', at: r.place.point }
}

// areasOf joins rivers to the areas they lie in, largest first: the first view shows one area, not the country between two.
export function areasOf(rivers: readonly ListedRiver[]): Area[] {
  const by = new Map<string, Area>()
  for (const r of rivers) {
    if (r.division === null || r.bbox === null) continue
    const key = String(r.division.id)
    const was = by.get(key)
    by.set(key, {
      key,
      name: r.division.name,
      name_en: r.division.name_en,
      rivers: (was?.rivers ?? 0) + 1,
      box: was === undefined ? r.bbox : union(was.box, r.bbox),
    })
  }
  return [...by.values()].sort((a, b) => a.rivers - b.rivers || a.key.localeCompare(b.key))
}

export function union(a: Box, b: Box): Box {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]
}

// reachesOf are the ids of the reaches that an answer names: what the map draws out.
export function reachesOf(answer: Answer): number[] {
  const ids = new Set<number>()
  for (const r of answer.rivers) {
    for (const b of r.banks) {
      for (const l of b.levels) {
        for (const reach of l.reaches) ids.add(reach.id)
      }
    }
  }
  return [...ids]
}

// highest is the level that a river is listed by: its highest, null when none is known. The tile has the levels as "2,3,4".
export function highest(levels: string | readonly Level[] | undefined): Level | null {
  const list = typeof levels === 'string' ? levels.split(',').map(Number) : [...(levels ?? [])]
  const least = Math.min(...list.filter((n) => n >= 1 && n <= 6))
  return Number.isFinite(least) ? (least as Level) : null
}

// listSeen sorts what the map shows, each river once: the highest level first, then by name.
export function listSeen(rivers: readonly SeenRiver[]): SeenRiver[] {
  const once = new Map(rivers.map((r) => [r.id, r]))
  return [...once.values()].sort(
    (a, b) => (a.level ?? 9) - (b.level ?? 9) || a.name.localeCompare(b.name, 'zh-CN') || a.id - b.id,
  )
}

export const nextStop: Readonly<Record<Stop, { up: Stop; down: Stop }>> = {
  peek: { up: 'half', down: 'peek' },
  half: { up: 'full', down: 'peek' },
  full: { up: 'full', down: 'half' },
}

// focusOf is the place that a selection is about, when it says one itself.
export function focusOf(selection: Selection): LonLat | null {
  return selection.kind === 'at' ? selection.at : null
}

export function isLate(s: State): boolean {
  return s.link.asOf !== null && s.link.asOf !== s.today
}

export function langOfState(s: State): Lang {
  return s.link.lang
}

export { nothing }
