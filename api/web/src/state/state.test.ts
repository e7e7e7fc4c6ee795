import { describe, expect, it } from 'vitest'
import type { Answer, ListedRiver } from '../api'
import { nothing, parseLink } from './link'
import { type Action, areasOf, highest, listSeen, reachesOf, reduce, results, type State, start } from './state'

const fresh = () => start(parseLink(''), '2026-11-24')
const run = (s: State, ...actions: Action[]) => actions.reduce(reduce, s)

const river = (id: number, over: Partial<ListedRiver> = {}): ListedRiver => ({
  id,
  code: null,
  name: `河${id}`,
  name_en: null,
  kind: 'river',
  levels: [4],
  perennial: null,
  aliases: null,
  division: { id: 9, name: '九原区', name_en: null, code: null },
  flows_into: null,
  basin_area_km2: null,
  length_m: null,
  source_place: null,
  mouth_place: null,
  point: [109, 40],
  bbox: [109, 40, 110, 41],
  ...over,
})

describe('selection', () => {
  it('drops what the last one had and opens the sheet', () => {
    const s = run(
      fresh(),
      { do: 'answer', load: { is: 'loading' } },
      { do: 'selected', selection: { kind: 'river', id: 1 } },
    )
    expect(s.answer).toEqual({ is: 'idle' })
    expect(s.stop).toBe('half')
  })

  it('keeps a full sheet full and lowers it when nothing is selected', () => {
    const full = run(fresh(), { do: 'stop', stop: 'full' }, { do: 'selected', selection: { kind: 'river', id: 1 } })
    expect(full.stop).toBe('full')
    expect(run(full, { do: 'selected', selection: nothing }).stop).toBe('peek')
  })

  it('of the same thing keeps its answer', () => {
    const one = run(
      fresh(),
      { do: 'selected', selection: { kind: 'at', at: [1, 2] } },
      { do: 'answer', load: { is: 'loading' } },
    )
    expect(run(one, { do: 'selected', selection: { kind: 'at', at: [1, 2] } }).answer).toEqual({ is: 'loading' })
  })

  it('starts from a link', () => {
    expect(start(parseLink('?sel=river:7'), '2026-11-24').stop).toBe('half')
    expect(fresh().stop).toBe('peek')
  })

  it('changes nothing that was given', () => {
    const s = Object.freeze(fresh())
    run(
      s,
      { do: 'selected', selection: { kind: 'river', id: 1 } },
      { do: 'typed', text: '黄' },
      { do: 'day', asOf: '2018-05-01' },
    )
    expect(s).toEqual(fresh())
  })
})

describe('search', () => {
  const found: Action = {
    do: 'found',
    load: { is: 'done', value: { q: '河', rivers: [river(1), river(2)], places: [] } },
  }

  it('walks the hits and out of them', () => {
    let s = run(fresh(), { do: 'typed', text: '河' }, found)
    expect(s.open).toBe(true)
    const walk: number[] = []
    for (let i = 0; i < 4; i++) {
      s = run(s, { do: 'moved', by: 1 })
      walk.push(s.active)
    }
    expect(walk).toEqual([0, 1, -1, 0])
    expect(run(s, { do: 'moved', by: -1 }, { do: 'moved', by: -1 }).active).toBe(1)
  })

  it('has nowhere to go among no hits', () => {
    expect(run(fresh(), { do: 'moved', by: 1 }).active).toBe(-1)
  })

  it('lists rivers before places and forgets with the text', () => {
    const s = run(fresh(), { do: 'typed', text: '河' }, found)
    expect(results(s).map((r) => r.kind)).toEqual(['river', 'river'])
    expect(results(run(s, { do: 'typed', text: '' }))).toEqual([])
  })
})

describe('day', () => {
  it('today is no day of its own', () => {
    expect(run(fresh(), { do: 'day', asOf: '2026-11-24' }).link.asOf).toBeNull()
    expect(run(fresh(), { do: 'day', asOf: '2018-05-01' }).link.asOf).toBe('2018-05-01')
  })
})

describe('areas', () => {
  it('joins the boxes of a division, the fewest rivers first, and leaves out what has no line', () => {
    const other = { id: 3, name: '清镇市', name_en: null, code: null }
    const areas = areasOf([
      river(1),
      river(2, { bbox: [108, 40.5, 109, 41.5] }),
      river(3, { division: other }),
      river(4, { bbox: null }),
      river(5, { division: null }),
    ])
    expect(areas.map((a) => [a.name, a.rivers, a.box])).toEqual([
      ['清镇市', 1, [109, 40, 110, 41]],
      ['九原区', 2, [108, 40, 110, 41.5]],
    ])
  })
})

describe('rivers seen', () => {
  it('reads the highest level', () => {
    expect([highest('2,3,4'), highest('4'), highest(''), highest(undefined), highest([3, 4])]).toEqual([
      2,
      4,
      null,
      null,
      3,
    ])
  })

  it('lists each once, the highest first', () => {
    const seen = (id: number, name: string, level: 2 | 3 | 4) => ({ id, name, name_en: null, level, seasonal: false })
    const list = listSeen([seen(2, '花沟', 4), seen(1, '黄河', 2), seen(2, '花沟', 4), seen(3, '阿贵沟', 4)])
    expect(list.map((r) => r.name)).toEqual(['黄河', '阿贵沟', '花沟'])
  })

  it('names the reaches of an answer once', () => {
    const reach = { id: 5 }
    const answer = { rivers: [{ banks: [{ levels: [{ reaches: [reach] }] }, { levels: [{ reaches: [reach] }] }] }] }
    expect(reachesOf(answer as unknown as Answer)).toEqual([5])
  })
})
