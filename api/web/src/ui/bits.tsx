// Small parts that several panels share.
import type { ComponentChildren } from 'preact'
import type { Level, Name } from '../api'
import type { Controller } from '../controller'
import { type Key, type Lang, type Parts, say } from '../i18n/say'
import { langOf, nameOf } from '../state/format'
import { nothing, type State, type Trouble } from '../state/state'

// What every part of the page is given.
export type Ui = { c: Controller; s: State; lang: Lang; t: (key: Key, parts?: Parts) => string }

export function uiOf(c: Controller): Ui {
  const s = c.state.value
  const { lang } = s.link
  return { c, s, lang, t: (key, parts) => say(lang, key, parts) }
}

export function LevelTag({ ui, level }: { ui: Ui; level: Level }) {
  return <span class={`level l${level}`}>{ui.t(`level_${level}`)}</span>
}

export function Called({ ui, of }: { ui: Ui; of: { name: string; name_en: string | null } }) {
  return <span lang={langOf(ui.lang, of)}>{nameOf(ui.lang, of)}</span>
}

// RiverLink is an address of its own, and without leaving the page brings the river into view.
export function RiverLink({ ui, of }: { ui: Ui; of: Pick<Name, 'id' | 'name' | 'name_en'> }) {
  return (
    <a
      href={linkTo(ui, `sel=river:${of.id}`)}
      lang={langOf(ui.lang, of)}
      onClick={(e) => here(e, () => void ui.c.showRiver(of.id))}
    >
      {nameOf(ui.lang, of)}
    </a>
  )
}

export function linkTo(ui: Ui, query: string): string {
  const day = ui.s.link.asOf === null ? '' : `&as_of=${ui.s.link.asOf}`
  return `/map?${query}${day}${ui.lang === 'en' ? '&lang=en' : ''}`
}

// pageTo is one of our pages, in the language and of the day of the map.
export function pageTo(ui: Ui, path: string): string {
  const query = [ui.s.link.asOf === null ? '' : `as_of=${ui.s.link.asOf}`, ui.lang === 'en' ? 'lang=en' : '']
  const said = query.filter((q) => q !== '').join('&')
  return said === '' ? path : `${path}?${said}`
}

// here takes a plain click for itself and leaves the others (new tab, download) to the browser.
export function here(e: MouseEvent, act: () => void) {
  if (e.ctrlKey || e.metaKey || e.shiftKey || e.altKey || e.button !== 0) return
  e.preventDefault()
  act()
}

// Waiting shows itself after 150 ms, in words after 2 s, and offers a way out after 8 s: the delays are in the style sheet.
export function Waiting({ ui }: { ui: Ui }) {
  return (
    <div class="waiting" aria-busy="true">
      <div class="bone wide" />
      <div class="bone" />
      <div class="bone" />
      <p class="late">{ui.t('loading_long')}</p>
      <button type="button" class="second later" onClick={() => ui.c.cancel()}>
        {ui.t('cancel')}
      </button>
    </div>
  )
}

export function Failed({ ui, trouble, retry }: { ui: Ui; trouble: Trouble; retry: () => void }) {
  return (
    <div class="fault" role="alert">
      <p>
        <b>{ui.t(`fault_${trouble.kind}`)}</b>
      </p>
      {trouble.kind === 'network' && <p>{ui.t('fault_network_do')}</p>}
      {trouble.detail !== '' && trouble.kind !== 'missing' && <p lang="en">{trouble.detail}</p>}
      {trouble.requestId !== null && trouble.kind === 'server' && (
        <p class="k">{ui.t('request_id', { id: trouble.requestId })}</p>
      )}
      {trouble.kind === 'missing' ? (
        <button type="button" onClick={() => void ui.c.select(nothing)}>
          {ui.t('fault_missing_do')}
        </button>
      ) : (
        <button type="button" onClick={retry}>
          {ui.t('retry')}
        </button>
      )}
    </div>
  )
}

export function Icon({ d, size = 20 }: { d: string; size?: number }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={d} />
    </svg>
  )
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
