import { describe, expect, it } from 'vitest'
import type { Part, ProfileItem, ProfileRoute } from '../api'
import { at, csvOf, exact, gapsOf, judged, label, measureAt, rowsOf, shareOf, ticks, walked } from './profile'

function item(kind: ProfileItem['kind'], from: number, to: number, more: Partial<ProfileItem> = {}): ProfileItem {
  return {
    kind,
    id: 1,
    code: null,
    name: null,
    level: null,
    bank: 'both',
    from_m: from,
    to_m: to,
    from_label: label(from),
    to_label: label(to),
    division: null,
    type: null,
    state: null,
    target_class: null,
    stale_since: null,
    posts: [],
    point: [0, 0],
    offset_m: null,
    ...more,
  }
}

function route(rises: number, ends: number, items: ProfileItem[] = []): ProfileRoute {
  const from = Math.min(rises, ends)
  const to = Math.max(rises, ends)
  return {
    route_id: 1,
    from_m: from,
    to_m: to,
    from_label: label(from),
    to_label: label(to),
    rises_m: rises,
    ends_m: ends,
    items,
  }
}

describe('strip', () => {
  it('has the source on the left, whichever end is measured from', () => {
    expect([shareOf(route(9000, 0), 9000), shareOf(route(9000, 0), 0)]).toEqual([0, 1])
    expect([shareOf(route(0, 9000), 0), shareOf(route(0, 9000), 9000)]).toEqual([0, 1])
    expect(measureAt(route(9000, 0), 0.25)).toBe(6750)
  })

  it('writes measures as boards do, and to the centimetre without leaving the route', () => {
    expect([label(999.6), label(12_345), label(-20)]).toEqual(['K1+000', 'K12+345', '-K0+020'])
    expect(exact(route(19_300.678, 0), 19_300.678)).toBe('K19+300.67')
    expect(exact(route(5000.004, -20.004), -20.004)).toBe('-K0+020.00')
  })

  it('has few round ticks', () => {
    expect(ticks(route(19_300, 0), 4)).toEqual([0, 5000, 10_000, 15_000])
    expect(ticks(route(820, 0), 4).length).toBeLessThanOrEqual(5)
  })

  it('draws a gap over the reach that it is of, in the row of its level', () => {
    const r = route(9000, 0, [
      item('gap', 0, 9000, { level: 4 }),
      item('reach', 0, 9000, { level: 4 }),
      item('board', 50, 50, { level: 4 }),
      item('reach', 0, 9000, { level: 3 }),
    ])
    expect(rowsOf(r).map((x) => [x.kind, x.level, x.items.map((i) => i.kind)])).toEqual([
      ['reach', 3, ['reach']],
      ['reach', 4, ['reach', 'gap']],
      ['board', null, ['board']],
    ])
    expect(gapsOf(r)).toHaveLength(1)
  })

  it('finds no gap where there are reaches, and nothing to judge where there are none', () => {
    expect(judged({ gaps: 0, routes: [route(9000, 0, [item('reach', 0, 9000, { level: 4 })])] })).toBe(true)
    expect(judged({ gaps: 0, routes: [route(9000, 0, [item('board', 50, 50)])] })).toBe(false)
  })

  it('tells what is at a place, the end of the route included', () => {
    const r = route(9000, 0, [
      item('gap', 0, 4000, { level: 4, id: null }),
      item('reach', 4000, 9000, { level: 4 }),
      item('section', 8990, 8990),
    ])
    expect(at(r, 3999).stretches.map((i) => i.kind)).toEqual(['gap'])
    expect(at(r, 3999.995).stretches.map((i) => i.kind)).toEqual(['reach']) // stored measures are good to a centimetre
    expect(at(r, 4000).stretches.map((i) => i.kind)).toEqual(['reach'])
    expect(at(r, 9000)).toMatchObject({ stretches: [{ kind: 'reach' }], marks: [{ kind: 'section' }] })
  })
})

describe('trace', () => {
  const part = (id: number | null, name: string, distance: number, length: number): Part => ({
    type: 'Feature',
    geometry: null,
    properties: {
      route_id: 7,
      river: id === null ? null : { id, name, name_en: null, code: null },
      from_label: 'K0+000',
      to_label: 'K1+000',
      distance_m: distance,
      distance_end_m: distance + length,
      length_m: length,
    },
  })
  const parts = [part(1, '黄河', 0, 10), part(2, '=SUM(A1)', 10, 5), part(1, '黄河', 15, 7), part(null, '', 22, 1)]

  it('is summed by river in the order in which they are come to', () => {
    expect(walked(parts).map((w) => [w.name, w.metres])).toEqual([
      ['黄河', 17],
      ['=SUM(A1)', 5],
      [null, 1],
    ])
  })

  it('goes into a table in which nothing is a formula', () => {
    const lines = csvOf(parts).split('\r\n')
    expect(lines).toHaveLength(6)
    expect(lines[2]).toContain("'=SUM(A1)")
    expect(lines[4]).toBe(',,7,K0+000,K1+000,22,23,1')
  })
})
