// The map's own style as code: paper, divisions as washes, rivers in blues by the level that answers for them. No glyph
// server, no sprite: letters are drawn from the machine's own fonts, symbols by symbols.ts.
import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl'
import type { Lang } from './i18n/say'

export const colours = {
  around: '#e9e2d2',
  paper: '#fbf8f1',
  county: '#a08c68',
  town: '#cbbfa4',
  label: '#6c5f45',
  halo: '#fbf8f1',
  city: '#154a70',
  district: '#2f78a6',
  small: '#5f9fc0',
  riverText: '#0f3f5e',
  boundary: '#a8324a',
  chosen: '#f2b544',
  reach: '#e2704a',
  trace: '#7b1fa2',
} as const

// The first family sets weight and slant (MapLibre reads them from its name), the rest are the machine's own fonts.
const serif = ['Hetu Bold', 'Songti SC', 'Noto Serif CJK SC', 'Source Han Serif SC', 'STSong', 'SimSun']
const sans = ['PingFang SC', 'HarmonyOS Sans SC', 'Microsoft YaHei', 'Noto Sans CJK SC']

export const riverLayers = ['river-line', 'river-seasonal'] as const
export const markLayers = ['board', 'section'] as const

// The names of divisions: each level at the zooms at which its divisions are about as large as a screen, before it gives way
// to the next. What stands later in the style is placed first: a county before its towns, and before both the rivers, whose
// names cannot step aside.
const divisionNames = [
  { id: 'name-village', level: 5, from: 13, to: 24, small: 11, large: 13, spread: 0.05 },
  { id: 'name-town', level: 4, from: 9.5, to: 24, small: 12, large: 15, spread: 0.1 },
  { id: 'name-county', level: 3, from: 6, to: 11.5, small: 13, large: 18, spread: 0.4 },
  { id: 'name-city', level: 2, from: 4, to: 9, small: 14, large: 18, spread: 0.3 },
  { id: 'name-province', level: 1, from: 3, to: 6, small: 15, large: 18, spread: 0.4 },
] as const

export const nameLayers = ['name-river', 'name-river-near', ...divisionNames.map((d) => d.id)] as const

const level: ExpressionSpecification = ['to-number', ['slice', ['coalesce', ['get', 'levels'], '4'], 0, 1], 4]

function byLevel<T extends string | number>(city: T, county: T, town: T): ExpressionSpecification {
  return ['step', level, city, 3, county, 4, town]
}

// A tile draws 8 pixels beyond its edge, so a stroke of more than 16 would be cut there.
const widest = 16

// width grows with the zoom: a gully of a town is a hair at z8 and a stroke at z14.
function width(extra: number): ExpressionSpecification {
  return [
    'interpolate',
    ['exponential', 1.4],
    ['zoom'],
    6,
    byLevel(1.2 + extra, 0.7 + extra, 0.4 + extra),
    10,
    byLevel(3.2 + extra, 2 + extra, 1.3 + extra),
    14,
    byLevel(6.5 + extra, 4.6 + extra, 3.2 + extra),
    18,
    byLevel(10 + extra, 8 + extra, 6 + extra),
  ]
}

function nameField(lang: Lang): ExpressionSpecification {
  if (lang !== 'en') return ['get', 'name']
  const english: ExpressionSpecification = ['coalesce', ['get', 'name_en'], '']
  return ['case', ['==', english, ''], ['get', 'name'], english]
}

const colour = byLevel<string>(colours.city, colours.district, colours.small)

export function layers(lang: Lang): LayerSpecification[] {
  return [
    { id: 'background', type: 'background', paint: { 'background-color': colours.around } },
    {
      id: 'division-fill',
      type: 'fill',
      source: 'hetu',
      'source-layer': 'division',
      filter: ['==', ['get', 'level'], 3],
      paint: { 'fill-color': colours.paper, 'fill-antialias': false },
    },
    {
      id: 'division-town',
      type: 'line',
      source: 'hetu',
      'source-layer': 'division',
      minzoom: 8,
      filter: ['==', ['get', 'level'], 4],
      paint: { 'line-color': colours.town, 'line-width': 1, 'line-dasharray': [4, 2, 1, 2] },
    },
    {
      id: 'division-county-band',
      type: 'line',
      source: 'hetu',
      'source-layer': 'division',
      filter: ['==', ['get', 'level'], 3],
      paint: { 'line-color': '#d9c9a6', 'line-width': 7, 'line-opacity': 0.55 },
    },
    {
      id: 'division-county',
      type: 'line',
      source: 'hetu',
      'source-layer': 'division',
      filter: ['==', ['get', 'level'], 3],
      paint: { 'line-color': colours.county, 'line-width': 1.2, 'line-dasharray': [6, 2, 1, 2] },
    },
    {
      id: 'river-chosen',
      type: 'line',
      source: 'hetu',
      'source-layer': 'river',
      filter: ['==', ['get', 'river_id'], -1],
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': colours.chosen, 'line-width': width(6), 'line-opacity': 0.75 },
    },
    {
      id: 'reach-chosen',
      type: 'line',
      source: 'hetu',
      'source-layer': 'reach',
      filter: ['in', ['id'], ['literal', []]],
      layout: { 'line-cap': 'butt', 'line-join': 'round' },
      paint: {
        'line-color': colours.reach,
        'line-width': ['interpolate', ['linear'], ['zoom'], 9, 9, 14, 14, 18, widest],
        'line-opacity': 0.28,
      },
    },
    riverLine('river-seasonal', ['==', ['get', 'perennial'], false], [2.6, 1.1]),
    riverLine('river-line', ['!=', ['get', 'perennial'], false], null),
    traceLine('trace-edge', '#fff', 4),
    traceLine('trace', colours.trace, 0),
    {
      id: 'boundary',
      type: 'line',
      source: 'hetu',
      'source-layer': 'boundary',
      minzoom: 13,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': colours.boundary,
        'line-width': ['interpolate', ['linear'], ['zoom'], 13, 1, 15, 1.8, 18, 2.6],
      },
    },
    {
      id: 'river-flow',
      type: 'symbol',
      source: 'hetu',
      'source-layer': 'river',
      minzoom: 9,
      layout: {
        'symbol-placement': 'line',
        'symbol-spacing': ['interpolate', ['linear'], ['zoom'], 9, 90, 14, 150],
        'icon-image': 'flow',
        'icon-size': ['interpolate', ['linear'], ['zoom'], 9, 0.8, 14, 1.1, 18, 1.5],
        'icon-rotation-alignment': 'map',
        'icon-allow-overlap': true,
        'icon-ignore-placement': true,
        'icon-padding': 0,
      },
    },
    ...divisionNames.map((d) => divisionName(d, lang)),
    // Seen from afar a river has its name where the tiles say; near by, again and again along its line.
    riverName('name-river', lang, {
      'source-layer': 'river_label',
      minzoom: 5,
      maxzoom: 14,
      layout: { 'symbol-placement': 'line-center' },
    }),
    riverName('name-river-near', lang, {
      'source-layer': 'river',
      minzoom: 14,
      layout: { 'symbol-placement': 'line', 'symbol-spacing': 480 },
    }),
    {
      id: 'section',
      type: 'symbol',
      source: 'hetu',
      'source-layer': 'section',
      minzoom: 11,
      layout: { 'icon-image': 'section', ...mark, ...markText(['get', 'name']) },
      paint: { 'text-color': '#5a2a6b', 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    },
    {
      id: 'board',
      type: 'symbol',
      source: 'hetu',
      'source-layer': 'board',
      minzoom: 11,
      layout: {
        'icon-image': 'board',
        'icon-size': 1.1,
        'icon-anchor': 'bottom',
        ...mark,
        ...markText(['get', 'site']),
      },
      paint: { 'text-color': '#1f4d44', 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    },
  ]
}

// A name that would lie on another steps aside, the name of a county or more as far as four ems.
function divisionName(d: (typeof divisionNames)[number], lang: Lang): LayerSpecification {
  return {
    id: d.id,
    type: 'symbol',
    source: 'hetu',
    'source-layer': 'division_label',
    minzoom: d.from,
    maxzoom: d.to,
    filter: ['==', ['get', 'level'], d.level],
    layout: {
      'text-field': nameField(lang),
      'text-font': sans,
      'text-size': ['interpolate', ['linear'], ['zoom'], d.from, d.small, Math.min(d.to, d.from + 4), d.large],
      'text-letter-spacing': lang === 'en' ? 0.05 : d.spread,
      'text-max-width': 9,
      'text-padding': 4,
      'text-variable-anchor-offset': aside(d.level > 3 ? [0.6] : [0.6, 2.2, 4]),
    },
    paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': d.level < 4 ? 2 : 1.6 },
  }
}

// aside gives a name's places: the middle of its point, then farther and farther above, below, left and right of it, in ems.
function aside(steps: number[]): (string | [number, number])[] {
  const places: (string | [number, number])[] = ['center', [0, 0]]
  for (const by of steps) places.push('bottom', [0, -by], 'top', [0, by], 'left', [by, 0], 'right', [-by, 0])
  return places
}

const order: ExpressionSpecification = ['coalesce', ['get', 'order'], 1]

function byOrder(trunk: number, branch: number, brook: number): ExpressionSpecification {
  return ['step', order, brook, 3, branch, 5, trunk]
}

type Place = {
  'source-layer': string
  minzoom: number
  maxzoom?: number
  layout: { 'symbol-placement': 'line' | 'line-center'; 'symbol-spacing'?: number }
}

// riverName writes a name along its river, the largest rivers first. Letters are narrower than characters, and a word of them
// bends less well.
function riverName(id: string, lang: Lang, place: Place): LayerSpecification {
  const by = lang === 'en' ? 0.88 : 1
  return {
    ...place,
    id,
    type: 'symbol',
    source: 'hetu',
    layout: {
      ...place.layout,
      'symbol-sort-key': ['-', 0, order],
      'text-field': nameField(lang),
      'text-font': serif,
      'text-size': [
        'interpolate',
        ['linear'],
        ['zoom'],
        6,
        byOrder(14 * by, 12.5 * by, 12 * by),
        10,
        byOrder(17 * by, 15 * by, 13 * by),
        14,
        byOrder(19 * by, 18 * by, 16 * by),
      ],
      'text-letter-spacing': lang === 'en' ? 0.03 : 0.16,
      'text-max-angle': lang === 'en' ? 45 : 75,
      'text-padding': 3,
      'text-offset': [0, lang === 'en' ? -0.9 : -1.05],
      'text-keep-upright': true,
    },
    paint: { 'text-color': colours.riverText, 'text-halo-color': colours.halo, 'text-halo-width': 1.8 },
  }
}

function riverLine(id: string, filter: ExpressionSpecification, dash: number[] | null): LayerSpecification {
  return {
    id,
    type: 'line',
    source: 'hetu',
    'source-layer': 'river',
    filter,
    layout: { 'line-cap': dash === null ? 'round' : 'butt', 'line-join': 'round', 'line-sort-key': ['-', 0, level] },
    paint: {
      'line-color': colour,
      'line-width': width(0),
      ...(dash === null ? {} : { 'line-dasharray': dash }),
    },
  }
}

// A sign is always drawn. Seen from afar it does not keep a short river from having its name.
const mark = {
  'icon-allow-overlap': true,
  'icon-ignore-placement': ['step', ['zoom'], true, 14, false] as ExpressionSpecification,
}

function markText(field: ExpressionSpecification) {
  return {
    'text-field': ['step', ['zoom'], '', 14, field] as ExpressionSpecification,
    'text-font': sans,
    'text-size': 12,
    'text-anchor': 'left' as const,
    'text-offset': [1.1, 0] as [number, number],
    'text-optional': true,
    'text-max-width': 9,
  }
}

// traceLine is the way that was traced, over all rivers and with an edge of white: it is told from them by more than its colour.
function traceLine(id: string, line: string, extra: number): LayerSpecification {
  return {
    id,
    type: 'line',
    source: 'trace',
    layout: { 'line-cap': 'round', 'line-join': 'round' },
    paint: {
      'line-color': line,
      'line-width': ['interpolate', ['linear'], ['zoom'], 6, 2.5 + extra, 12, 4.5 + extra, 18, 8 + extra],
    },
  }
}
