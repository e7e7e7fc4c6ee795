import { describe, expect, it } from 'vitest'
import { say, words } from './say'

const parts = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort().join()

describe('words', () => {
  it('has the same keys in both languages, none empty', () => {
    expect(Object.keys(words.en).sort()).toEqual(Object.keys(words['zh-CN']).sort())
    for (const lang of ['zh-CN', 'en'] as const) {
      for (const text of Object.values(words[lang])) expect(text.trim()).not.toBe('')
    }
  })

  it('has the same parts in both languages', () => {
    for (const key of Object.keys(words.en) as (keyof typeof words.en)[]) {
      expect([key, parts(words.en[key])]).toEqual([key, parts(words['zh-CN'][key])])
    }
  })

  it('has no Chinese in the English, but for names', () => {
    const han = Object.entries(words.en).filter(([, text]) => /\p{Script=Han}/u.test(text))
    expect(han.map(([key]) => key).sort()).toEqual(['other_language', 'search_placeholder', 'site'])
  })

  it('fills parts', () => {
    expect(say('en', 'status', { rivers: 12, boards: 31 })).toBe('Map loaded: 12 rivers and 31 notice boards in view')
    expect(say('zh-CN', 'search_none', { q: '{q}' })).toContain('“{q}”')
  })
})
