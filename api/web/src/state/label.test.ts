import { describe, expect, it } from 'vitest'
import { placeLabels } from './label'

const square = (w: number, s: number, e: number, n: number) => [
  [w, s],
  [e, s],
  [e, n],
  [w, n],
  [w, s],
]

const piece = (id: number, ...rings: number[][][]) => ({ id, name: `区${id}`, name_en: null, level: 3, rings })

describe('labels', () => {
  it('stands in the middle', () => {
    expect(placeLabels([piece(1, square(0, 0, 10, 10))], [-5, -5, 20, 20]).map((l) => l.at)).toEqual([[5, 5]])
  })

  it('stands in the middle of what is in view', () => {
    const [label] = placeLabels([piece(1, square(0, 0, 10, 10))], [8, 0, 20, 10])
    expect(label?.at[0]).toBeCloseTo(9)
    expect(label?.at[1]).toBeCloseTo(5)
  })

  it('is one for the pieces of many tiles', () => {
    const labels = placeLabels([piece(1, square(0, 0, 5, 10)), piece(1, square(5, 0, 10, 10))], [0, 0, 10, 10])
    expect(labels.map((l) => l.at)).toEqual([[5, 5]])
  })

  it('keeps out of holes: a ring the other way round takes away', () => {
    const hole = square(0, 0, 5, 10).reverse()
    expect(placeLabels([piece(1, square(0, 0, 10, 10), hole)], [0, 0, 10, 10])[0]?.at[0]).toBeCloseTo(7.5)
  })

  it('leaves out what is not in view, or a sliver', () => {
    expect(placeLabels([piece(1, square(0, 0, 1, 1))], [5, 5, 9, 9])).toEqual([])
    expect(placeLabels([piece(1, square(0, 0, 0.01, 1))], [0, 0, 10, 10])).toEqual([])
  })
})
