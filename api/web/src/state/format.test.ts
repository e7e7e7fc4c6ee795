import { describe, expect, it } from 'vitest'
import { formatArea, formatClass, formatLevels, formatMetres, formatPhone, formatTel, langOf, nameOf } from './format'

describe('format', () => {
  it.each([
    [0.2, '<1 米'],
    [85.4, '85 米'],
    [999.4, '999 米'],
    [999.6, '1.0 公里'],
    [62_574, '62.6 公里'],
    [752_443, '752 公里'],
  ])('%d m is %s', (m, want) => {
    expect(formatMetres('zh-CN', m)).toBe(want)
  })

  it('groups areas', () => {
    expect(formatArea('en', 752_443)).toBe('752,443 km²')
    expect(formatArea('zh-CN', 12.4)).toBe('12.4 平方公里')
  })

  it('joins levels', () => {
    expect(formatLevels('zh-CN', [2, 4])).toBe('市级、乡镇级')
    expect(formatLevels('en', [2, 4])).toBe('City, Town')
  })

  it('falls back to the Chinese name', () => {
    expect(nameOf('en', { name: '黄河', name_en: 'Yellow River' })).toBe('Yellow River')
    expect(nameOf('en', { name: '花沟', name_en: null })).toBe('花沟')
    expect(langOf('en', { name_en: null })).toBe('zh-CN')
    expect(nameOf('zh-CN', { name: '黄河', name_en: 'Yellow River' })).toBe('黄河')
  })

  it('writes phones for the link and for the reader', () => {
    expect(formatTel('0472-0000011（示例）')).toBe('04720000011')
    expect(formatTel('+86 472 0000011')).toBe('+864720000011')
    expect(formatPhone('en', '0472-0000011')).toBe('+86 472 0000011')
    expect(formatPhone('en', '12345')).toBe('12345')
    expect(formatPhone('zh-CN', '0472-0000011')).toBe('0472-0000011')
  })

  it('writes classes', () => {
    expect([1, 3, 5, 6].map(formatClass)).toEqual(['Ⅰ', 'Ⅲ', 'Ⅴ', '劣Ⅴ'])
  })
})
