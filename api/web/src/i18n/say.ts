import { en } from './en'
import { type Key, type Words, zhCN } from './zh-CN'

export type Lang = 'zh-CN' | 'en'
export type Parts = Readonly<Record<string, string | number>>

export const words: Readonly<Record<Lang, Words>> = { 'zh-CN': zhCN, en }

// say fills the parts of a sentence: {n} by parts.n. A part without a value stays as it is, so that a test sees it.
export function say(lang: Lang, key: Key, parts: Parts = {}): string {
  return words[lang][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(parts[name] ?? whole))
}

export type { Key } from './zh-CN'
