import { describe, expect, it } from 'vitest'
import { layers, markLayers, riverLayers } from './style'

describe('style', () => {
  const both = [layers('zh-CN'), layers('en')]

  it('has each layer once', () => {
    for (const list of both) expect(new Set(list.map((l) => l.id)).size).toBe(list.length)
  })

  it('has the layers that the map asks', () => {
    const ids = layers('zh-CN').map((l) => l.id)
    for (const id of [...riverLayers, ...markLayers, 'river-chosen', 'reach-chosen']) expect(ids).toContain(id)
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
})
