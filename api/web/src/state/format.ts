// Numbers and names as people write them.
import type { Level } from '../api'
import { type Lang, say } from '../i18n/say'

export function formatMetres(lang: Lang, m: number): string {
  if (m < 1) return `<1 ${say(lang, 'm')}`
  if (m < 999.5) return `${Math.round(m)} ${say(lang, 'm')}`
  return `${(m / 1000).toFixed(m < 99_950 ? 1 : 0)} ${say(lang, 'km')}`
}

export function formatArea(lang: Lang, km2: number): string {
  return `${new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(km2)} ${say(lang, 'km2')}`
}

export function formatLevels(lang: Lang, levels: readonly Level[]): string {
  return levels.map((l) => say(lang, `level_${l}`)).join(lang === 'en' ? ', ' : '、')
}

export function nameOf(lang: Lang, of: { name: string; name_en: string | null }): string {
  return lang === 'en' && of.name_en !== null && of.name_en !== '' ? of.name_en : of.name
}

// langOf is the language that nameOf answers in, for the lang attribute: a page in English says which names are Chinese.
export function langOf(lang: Lang, of: { name_en: string | null }): Lang {
  return lang === 'en' && of.name_en !== null && of.name_en !== '' ? 'en' : 'zh-CN'
}

// formatTel is a phone number as a tel: link takes it.
export function formatTel(phone: string): string {
  return phone.replace(/(?!^\+)\D/g, '')
}

// formatPhone is a phone number as the page prints it: abroad a reader needs the country and not the leading zero.
export function formatPhone(lang: Lang, phone: string): string {
  if (lang !== 'en' || phone.startsWith('+') || formatTel(phone).length < 10) return phone
  return `+86 ${phone.replace(/^0/, '').replace('-', ' ')}`
}

const roman = ['', 'Ⅰ', 'Ⅱ', 'Ⅲ', 'Ⅳ', 'Ⅴ']

// formatClass writes a water quality class; 6 is worse than Ⅴ.
export function formatClass(c: number): string {
  return roman[c] ?? '劣Ⅴ'
}
