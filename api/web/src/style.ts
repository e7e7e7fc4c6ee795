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
  chosen: '#f2b544',
  reach: '#e2704a',
} as const

// The first family sets weight and slant (MapLibre reads them from its name), the rest are the machine's own fonts.
const serif = ['Hetu Bold', 'Songti SC', 'Noto Serif CJK SC', 'Source Han Serif SC', 'STSong', 'SimSun']
const sans = ['PingFang SC', 'HarmonyOS Sans SC', 'Microsoft YaHei', 'Noto Sans CJK SC']

export const riverLayers = ['river-line', 'river-seasonal'] as const
export const markLayers = ['board', 'section'] as const
export const divisionLayer = 'division-fill'

const level: ExpressionSpecification = ['to-number', ['slice', ['coalesce', ['get', 'levels'], '4'], 0, 1], 4]

function byLevel<T extends string | number>(city: T, county: T, town: T): ExpressionSpecification {
  return ['step', level, city, 3, county, 4, town]
}

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
    byLevel(14 + extra, 10 + extra, 7 + extra),
  ]
}

function nameField(lang: Lang): ExpressionSpecification {
  return lang === 'en' ? ['coalesce', ['get', 'name_en'], ['get', 'name']] : ['get', 'name']
}

const colour = byLevel<string>(colours.city, colours.district, colours.small)

export function layers(lang: Lang): LayerSpecification[] {
  return [
    { id: 'background', type: 'background', paint: { 'background-color': colours.around } },
    {
      id: divisionLayer,
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
      paint: { 'line-color': colours.chosen, 'line-width': width(8), 'line-opacity': 0.75 },
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
        'line-width': ['interpolate', ['linear'], ['zoom'], 9, 9, 14, 15, 18, 26],
        'line-opacity': 0.28,
      },
    },
    riverLine('river-seasonal', ['==', ['get', 'perennial'], false], [2.6, 1.1]),
    riverLine('river-line', ['!=', ['get', 'perennial'], false], null),
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
    {
      id: 'division-label-town',
      type: 'symbol',
      source: 'division-label',
      minzoom: 9.5,
      filter: ['==', ['get', 'level'], 4],
      layout: { 'text-field': nameField(lang), 'text-font': sans, 'text-size': 13, 'text-letter-spacing': 0.1 },
      paint: { 'text-color': colours.label, 'text-halo-color': colours.halo, 'text-halo-width': 1.6 },
    },
    {
      id: 'division-label-county',
      type: 'symbol',
      source: 'division-label',
      maxzoom: 11.5,
      filter: ['==', ['get', 'level'], 3],
      layout: {
        'text-field': nameField(lang),
        'text-font': sans,
        'text-size': ['interpolate', ['linear'], ['zoom'], 6, 13, 10, 19],
        'text-letter-spacing': lang === 'en' ? 0.1 : 0.5,
      },
      paint: { 'text-color': '#7a6a48', 'text-halo-color': colours.halo, 'text-halo-width': 2 },
    },
    {
      id: 'river-label',
      type: 'symbol',
      source: 'hetu',
      'source-layer': 'river',
      minzoom: 7,
      layout: {
        'symbol-placement': 'line',
        'symbol-spacing': 260,
        'symbol-sort-key': level,
        'text-field': nameField(lang),
        'text-font': serif,
        'text-size': textSize(lang === 'en' ? 0.85 : 1),
        'text-letter-spacing': lang === 'en' ? 0.03 : 0.16,
        'text-max-angle': lang === 'en' ? 45 : 75,
        'text-padding': 3,
        'text-offset': [0, lang === 'en' ? -0.85 : -0.95],
        'text-keep-upright': true,
      },
      paint: { 'text-color': colours.riverText, 'text-halo-color': colours.halo, 'text-halo-width': 1.8 },
    },
    {
      id: 'section',
      type: 'symbol',
      source: 'hetu',
      'source-layer': 'section',
      minzoom: 11,
      layout: { 'icon-image': 'section', 'icon-allow-overlap': true, ...markText(['get', 'name']) },
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
        'icon-allow-overlap': true,
        ...markText(['get', 'site']),
      },
      paint: { 'text-color': '#1f4d44', 'text-halo-color': colours.halo, 'text-halo-width': 1.5 },
    },
  ]
}

// textSize: letters are narrower than characters, and a word of them bends less well.
function textSize(by: number): ExpressionSpecification {
  return [
    'interpolate',
    ['linear'],
    ['zoom'],
    7,
    byLevel(13 * by, 11 * by, 10 * by),
    10,
    byLevel(17 * by, 14.5 * by, 13 * by),
    15,
    19 * by,
  ]
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
