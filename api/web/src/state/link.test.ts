import { describe, expect, it } from 'vitest'
import { formatCamera, formatLink, parseCamera, parseLink, sameSelection } from './link'

describe('link', () => {
  it.each([
    ['', ''],
    ['?sel=river:2968', '?sel=river:2968'],
    ['?at=109.735738,40.653183', '?at=109.735738,40.653183'],
    ['?at=109.73573859219319,40.65318381014646', '?at=109.735739,40.653184'],
    ['?sel=river:1&as_of=2018-05-01&lang=en', '?sel=river:1&as_of=2018-05-01&lang=en'],
    ['?lyr=board,scope&sel=river:1', '?sel=river:1&lyr=board,scope'],
    ['?lang=zh-CN', ''],
  ])('%s is written as %s', (text, want) => {
    expect(formatLink(parseLink(text))).toBe(want)
  })

  it.each([
    '?sel=river:',
    '?sel=river:-1',
    '?sel=river:1e9',
    '?sel=lake:1',
    '?at=109.7',
    '?at=200,40',
    '?at=109,95',
    '?at=NaN,1',
  ])('%s selects nothing', (text) => {
    expect(parseLink(text).selection).toEqual({ kind: 'none' })
  })

  it.each(['?as_of=2026-13-01', '?as_of=today', '?as_of=', '?as_of=0999-01-01'])('%s has no day', (text) => {
    expect(parseLink(text).asOf).toBeNull()
  })

  it('goes there and back', () => {
    const link = parseLink('?at=-71.1,42.3&lang=en&x=a%26b')
    expect(parseLink(formatLink(link))).toEqual(link)
  })

  it('tells selections apart', () => {
    expect(sameSelection({ kind: 'river', id: 1 }, { kind: 'river', id: 1 })).toBe(true)
    expect(sameSelection({ kind: 'river', id: 1 }, { kind: 'none' })).toBe(false)
    expect(sameSelection({ kind: 'at', at: [1, 2] }, { kind: 'at', at: [1, 2.00000001] })).toBe(true)
    expect(sameSelection({ kind: 'at', at: [1, 2] }, { kind: 'at', at: [1, 2.1] })).toBe(false)
  })
})

describe('camera', () => {
  it.each([
    ['#12/40.65318/109.73574', { zoom: 12, lat: 40.65318, lon: 109.73574 }],
    ['#9.5/-33/-70.5', { zoom: 9.5, lat: -33, lon: -70.5 }],
  ])('%s', (hash, want) => {
    expect(parseCamera(hash)).toEqual(want)
  })

  it.each(['', '#', '#12', '#12/40', '#12/95/100', '#99/1/1', '#a/b/c', '#12/40/100/5'])('%s is none', (hash) => {
    expect(parseCamera(hash)).toBeNull()
  })

  it('writes what it reads', () => {
    expect(formatCamera({ zoom: 14.204, lat: 30.0951234, lon: 120.5012345 })).toBe('#14.2/30.09512/120.50123')
  })
})
