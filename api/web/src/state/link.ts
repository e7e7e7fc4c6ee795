// The address of a view. The query says what is shown, the fragment where the camera stands; unknown keys are kept.
import type { LonLat } from '../api'
import type { Lang } from '../i18n/say'

export type Selection = { kind: 'none' } | { kind: 'river'; id: number } | { kind: 'at'; at: LonLat }

export type Link = {
  selection: Selection
  asOf: string | null
  lang: Lang
  rest: readonly (readonly [string, string])[]
}
export type Camera = { zoom: number; lat: number; lon: number }

export const nothing: Selection = { kind: 'none' }
const own = ['sel', 'at', 'as_of', 'lang']

export function parseLink(search: string): Link {
  const query = new URLSearchParams(search)
  return {
    selection: parseSelection(query.get('sel'), query.get('at')),
    asOf: parseDay(query.get('as_of')),
    lang: query.get('lang') === 'en' ? 'en' : 'zh-CN',
    rest: [...query].filter(([key]) => !own.includes(key)),
  }
}

function parseSelection(sel: string | null, at: string | null): Selection {
  const river = /^river:(\d{1,15})$/.exec(sel ?? '')
  if (river?.[1] !== undefined) return { kind: 'river', id: Number(river[1]) }
  const place = /^(-?\d{1,3}(?:\.\d{1,20})?),(-?\d{1,2}(?:\.\d{1,20})?)$/.exec(at ?? '')
  if (place?.[1] === undefined || place[2] === undefined) return nothing
  const lon = Number(place[1])
  const lat = Number(place[2])
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 90 ? { kind: 'at', at: [lon, lat] } : nothing
}

function parseDay(text: string | null): string | null {
  return text !== null && /^[1-9]\d{3}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : null
}

export function formatLink(link: Link): string {
  const query: string[] = []
  const put = (key: string, value: string) => {
    query.push(`${encodeURIComponent(key)}=${encodeURIComponent(value).replaceAll('%3A', ':').replaceAll('%2C', ',')}`)
  }
  if (link.selection.kind === 'river') put('sel', `river:${link.selection.id}`)
  if (link.selection.kind === 'at') put('at', formatAt(link.selection.at))
  if (link.asOf !== null) put('as_of', link.asOf)
  if (link.lang === 'en') put('lang', 'en')
  for (const [key, value] of link.rest) put(key, value)
  return query.length === 0 ? '' : `?${query.join('&')}`
}

// formatAt writes a place to 0.1 m: finer than any finger.
export function formatAt(at: LonLat): string {
  return `${Number(at[0].toFixed(6))},${Number(at[1].toFixed(6))}`
}

export function parseCamera(hash: string): Camera | null {
  const parts = /^#(\d{1,2}(?:\.\d+)?)\/(-?\d{1,2}(?:\.\d+)?)\/(-?\d{1,3}(?:\.\d+)?)$/.exec(hash)
  if (parts === null) return null
  const [zoom, lat, lon] = parts.slice(1).map(Number)
  if (zoom === undefined || lat === undefined || lon === undefined) return null
  return zoom <= 24 && Math.abs(lat) <= 85.06 && Math.abs(lon) <= 180 ? { zoom, lat, lon } : null
}

export function formatCamera(c: Camera): string {
  const digits = Math.max(2, Math.ceil(c.zoom / 3))
  return `#${Number(c.zoom.toFixed(2))}/${c.lat.toFixed(digits)}/${c.lon.toFixed(digits)}`
}

export function sameSelection(a: Selection, b: Selection): boolean {
  if (a.kind === 'river') return b.kind === 'river' && a.id === b.id
  if (a.kind === 'at') return b.kind === 'at' && formatAt(a.at) === formatAt(b.at)
  return b.kind === 'none'
}
