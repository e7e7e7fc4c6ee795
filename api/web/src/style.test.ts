import { describe, expect, it } from 'vitest'
import { layers, markLayers, nameLayers, riverLayers } from './style'

describe('style', () => {
  const both = [layers('zh-CN'), layers('en')]

  it('has each layer once', () => {
    for (const list of both) expect(new Set(list.map((l) => l.id)).size).toBe(list.length)
  })

  it('has the layers that the map asks', () => {
    const ids = layers('zh-CN').map((l) => l.id)
    for (const id of [...riverLayers, ...markLayers, ...nameLayers, 'river-chosen', 'reach-chosen'])
      expect(ids).toContain(id)
  })

  it('fetches nothing: no pattern, no picture but its own', () => {
    const images = [...JSON.stringify(both).matchAll(/"icon-image":"(\w+)"/g)].map((m) => m[1])
    expect(new Set(images)).toEqual(new Set(['flow', 'board', 'section']))
    expect(JSON.stringify(both)).not.toContain('pattern')
  })

  it('writes one language on a line', () => {
    for (const list of both) {
      for (const l of list) {
        if (l.type === 'symbol' && l.layout?.['symbol-placement'] === 'line') {
          expect(JSON.stringify(l.layout['text-field'] ?? '')).not.toContain('format')
        }
      }
    }
  })

  it('names a Chinese font wherever it writes', () => {
    for (const l of layers('zh-CN')) {
      if (l.type === 'symbol' && l.layout?.['text-field'] !== undefined) {
        expect(JSON.stringify(l.layout['text-font'])).toMatch(/ SC"/)
      }
    }
  })

  it('draws seasonal rivers dashed', () => {
    const seasonal = layers('zh-CN').find((l) => l.id === 'river-seasonal')
    expect(JSON.stringify(seasonal?.paint)).toContain('line-dasharray')
  })

  it('writes a name where the tiles say: not on a polygon, nor on a whole river from afar', () => {
    for (const l of layers('zh-CN')) {
      if (l.type !== 'symbol' || l.layout?.['text-field'] === undefined) continue
      expect(l['source-layer']).not.toBe('division')
      if (l['source-layer'] === 'river') expect(l.minzoom).toBe(14)
      if (l['source-layer'] === 'river_label') expect(l.maxzoom).toBe(14)
    }
  })

  it('draws no stroke wider than a tile shows beside its edge', () => {
    for (const l of layers('zh-CN')) {
      if (l.type !== 'line') continue
      for (const width of outputs(l.paint?.['line-width'])) expect([l.id, width <= 16]).toEqual([l.id, true])
    }
  })
})

// outputs gives the numbers that an expression of zooms and steps can have.
function outputs(e: unknown): number[] {
  if (typeof e === 'number') return [e]
  if (!Array.isArray(e)) return []
  const from = e[0] === 'interpolate' ? 4 : 2
  return e.filter((_, i) => i >= from && i % 2 === 0).flatMap(outputs)
}
