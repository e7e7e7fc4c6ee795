// The page: search, panel, map. On a phone the panel is a sheet with three stops.
import { useEffect, useRef } from 'preact/hooks'
import type { Controller } from '../controller'
import { formatMetres, nameOf } from '../state/format'
import { nextStop, type Stop } from '../state/state'
import { AnswerView } from './Answer'
import { Failed, here, Icon, type Ui, uiOf, Waiting } from './bits'
import { HomeView } from './Home'
import { Legend } from './Legend'
import { RiverTitle, RiverView } from './River'
import { Search } from './Search'

const phone = '(max-width: 47.5rem)'

export function App({ c }: { c: Controller }) {
  const ui = uiOf(c)
  const { s, t } = ui
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (box.current !== null) void c.open({ container: box.current, padding: () => padding(c.state.value.stop) })
  }, [c])
  useEffect(() => {
    document.title = `${titleOf(ui)} · ${t('site')}`
  })
  return (
    <div class="app" data-stop={s.stop}>
      <header class="bar">
        <a class="brand" href={`/${ui.lang === 'en' ? '?lang=en' : ''}`} title={t('find_page')}>
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect width="32" height="32" rx="7" fill="#fff" />
            <path
              d="M5 11c4-4 7 3 11 0s7 3 11 0M5 17c4-4 7 3 11 0s7 3 11 0M5 23c4-4 7 3 11 0s7 3 11 0"
              fill="none"
              stroke="#1b5e86"
              stroke-width="2.4"
              stroke-linecap="round"
            />
          </svg>
          <span>{t('site')}</span>
        </a>
        <Search ui={ui} />
        <nav>
          <a href={c.otherLanguage.value} lang={ui.lang === 'en' ? 'zh-CN' : 'en'}>
            {t('other_language')}
          </a>
        </nav>
      </header>
      <Panel ui={ui} />
      <main class="stage">
        <div class="map" ref={box} />
        <Banners ui={ui} />
        <Controls ui={ui} />
        <div class="below">
          <Legend ui={ui} />
          <Credit ui={ui} />
        </div>
      </main>
    </div>
  )
}

// padding is what lies over the map, so that what is shown is not shown under it.
function padding(stop: Stop) {
  if (!window.matchMedia(phone).matches) return { top: 48, right: 72, bottom: 64, left: 48 }
  const sheet = stop === 'peek' ? 116 : window.innerHeight * 0.52
  return { top: 16, right: 60, bottom: sheet + 40, left: 24 }
}

function titleOf(ui: Ui): string {
  const { s, t, lang } = ui
  if (s.link.selection.kind === 'at') return t('answer_title')
  if (s.link.selection.kind === 'river' && s.river.is === 'done') return nameOf(lang, s.river.value)
  return t('home_title')
}

function Panel({ ui }: { ui: Ui }) {
  const { c, s, t } = ui
  const { selection } = s.link
  const key = selection.kind === 'river' ? `r${selection.id}` : selection.kind === 'at' ? `a${selection.at.join()}` : ''
  const head = useRef<HTMLHeadingElement>(null)
  const seen = useRef(key)
  useEffect(() => {
    if (seen.current === key) return
    seen.current = key
    head.current?.focus({ preventScroll: true })
    head.current?.closest('.panel')?.querySelector('.scroll')?.scrollTo(0, 0)
  }, [key])
  return (
    <section class="panel" aria-label={titleOf(ui)}>
      <Handle ui={ui} />
      <div class="head">
        {selection.kind !== 'none' && (
          <button type="button" class="icon" aria-label={t('back')} onClick={() => c.back()}>
            <Icon d="M12.5 4 6.5 10l6 6" />
          </button>
        )}
        <h1 ref={head} tabIndex={-1}>
          {selection.kind === 'river' && s.river.is === 'done' ? (
            <RiverTitle ui={ui} river={s.river.value} />
          ) : (
            titleOf(ui)
          )}
        </h1>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reached by keyboard */}
      <div class="scroll" tabIndex={0}>
        {s.link.asOf !== null && (
          <p class="past">
            {t('as_of_note', { day: s.link.asOf })}{' '}
            <button type="button" class="link" onClick={() => void c.setDay('')}>
              {t('today')}
            </button>
          </p>
        )}
        {s.said !== null && (
          <p class="past" role="alert">
            {t(s.said.key, s.said.metres === null ? {} : { d: formatMetres(ui.lang, s.said.metres) })}
          </p>
        )}
        <Content ui={ui} />
        <Day ui={ui} />
      </div>
    </section>
  )
}

function Content({ ui }: { ui: Ui }) {
  const { c, s } = ui
  const { selection } = s.link
  if (selection.kind === 'none') return <HomeView ui={ui} />
  const load = selection.kind === 'river' ? s.river : s.answer
  if (load.is === 'failed') return <Failed ui={ui} trouble={load.trouble} retry={() => void c.retry()} />
  if (selection.kind === 'river' && s.river.is === 'done') return <RiverView ui={ui} river={s.river.value} />
  if (selection.kind === 'at' && s.answer.is === 'done') return <AnswerView ui={ui} answered={s.answer.value} />
  return <Waiting ui={ui} />
}

function Day({ ui }: { ui: Ui }) {
  const { c, s, t } = ui
  return (
    <p class="day">
      <label for="day">{t('as_of')}</label>
      <input
        id="day"
        type="date"
        max="9999-12-31"
        value={s.link.asOf ?? s.today}
        onChange={(e) => void c.setDay(e.currentTarget.value)}
      />
    </p>
  )
}

// Handle moves the sheet between its stops: by its two buttons, or by dragging.
function Handle({ ui }: { ui: Ui }) {
  const { c, s, t } = ui
  const from = useRef<number | null>(null)
  const to = (stop: Stop) => {
    c.dispatch({ do: 'stop', stop })
  }
  return (
    <div
      class="handle"
      onPointerDown={(e) => {
        from.current = e.clientY
      }}
      onPointerUp={(e) => {
        const moved = from.current === null ? 0 : e.clientY - from.current
        from.current = null
        if (Math.abs(moved) > 24) to(nextStop[s.stop][moved < 0 ? 'up' : 'down'])
      }}
    >
      <i />
      <button
        type="button"
        class="icon"
        aria-label={t('sheet_down')}
        disabled={s.stop === 'peek'}
        onClick={() => to(nextStop[s.stop].down)}
      >
        <Icon d="M4 7l6 6 6-6" />
      </button>
      <button
        type="button"
        class="icon"
        aria-label={t('sheet_up')}
        disabled={s.stop === 'full'}
        onClick={() => to(nextStop[s.stop].up)}
      >
        <Icon d="M4 13l6-6 6 6" />
      </button>
    </div>
  )
}

function Controls({ ui }: { ui: Ui }) {
  const { c, s, t } = ui
  const off = s.map !== 'ready'
  return (
    <div class="controls">
      <button
        type="button"
        class="icon"
        aria-label={t('zoom_in')}
        title={t('zoom_in')}
        disabled={off}
        onClick={() => c.engine?.zoom(1)}
      >
        <Icon d="M10 4v12M4 10h12" />
      </button>
      <button
        type="button"
        class="icon"
        aria-label={t('zoom_out')}
        title={t('zoom_out')}
        disabled={off}
        onClick={() => c.engine?.zoom(-1)}
      >
        <Icon d="M4 10h12" />
      </button>
      <button
        type="button"
        class="icon"
        aria-label={s.locating ? t('locating') : t('locate')}
        title={t('locate')}
        aria-busy={s.locating}
        onClick={() => c.locate()}
      >
        <Icon d="M10 2v3m0 10v3M2 10h3m10 0h3m-8 3.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z" />
      </button>
      <button
        type="button"
        class="icon"
        aria-label={t('here')}
        title={t('here')}
        disabled={off}
        onClick={() => c.engine?.ask()}
      >
        <Icon d="M10 18s6-6.2 6-10.5a6 6 0 0 0-12 0C4 11.8 10 18 10 18Zm0-8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z" />
      </button>
    </div>
  )
}

function Banners({ ui }: { ui: Ui }) {
  const { c, s, t } = ui
  return (
    <div class="banners">
      {!s.online && <p class="banner stale">{t('offline')}</p>}
      {s.map === 'starting' && <p class="banner wait">{t('status_loading')}</p>}
      {s.map === 'failed' && (
        <div class="banner fault" role="alert">
          <p>{t('map_failed')}</p>
          <button type="button" onClick={() => void c.retryMap()}>
            {t('retry')}
          </button>
        </div>
      )}
      {s.map === 'no-webgl' && (
        <p class="banner stale" role="alert">
          {t('no_webgl')} <a href={`/${ui.lang === 'en' ? '?lang=en' : ''}`}>{t('find_page')}</a>
        </p>
      )}
      {s.tilesFailed > 0 && (
        <div class="banner fault" role="alert">
          <p>{t('tiles_failed', { n: s.tilesFailed })}</p>
          <button type="button" onClick={() => c.engine?.retryTiles()}>
            {t('retry')}
          </button>
        </div>
      )}
    </div>
  )
}

function Credit({ ui }: { ui: Ui }) {
  const { c, s, t } = ui
  const { sample, approvalNo } = c.config
  return (
    <div class="credit">
      <output class="state">{statusOf(ui)}</output>
      <p>
        {sample && <b>{t('sample_notice')}</b>}
        {approvalNo !== '' && <span> · {t('approval', { no: approvalNo })}</span>}
        <span> · {t('data_date', { day: s.link.asOf ?? s.today })}</span>
        <span>
          {' · '}
          <a href={textPage(ui)} onClick={(e) => here(e, () => location.assign(textPage(ui)))}>
            {t('find_page')}
          </a>
        </span>
      </p>
    </div>
  )
}

// textPage is this very answer as a page without scripts.
function textPage(ui: Ui): string {
  const { selection, asOf } = ui.s.link
  const query = new URLSearchParams()
  if (selection.kind === 'at') {
    query.set('lon', String(selection.at[0]))
    query.set('lat', String(selection.at[1]))
  }
  if (asOf !== null) query.set('as_of', asOf)
  if (ui.lang === 'en') query.set('lang', 'en')
  const path = selection.kind === 'river' ? `/r/${selection.id}` : '/'
  return query.size === 0 ? path : `${path}?${query}`
}

function statusOf(ui: Ui): string {
  const { s, t } = ui
  if (s.map === 'starting') return t('status_loading')
  if (s.map !== 'ready') return t('status_failed')
  const { rivers, boards } = s.view
  if (boards === null) return t('status_rivers', { rivers: rivers.length })
  return t('status', { rivers: rivers.length, boards })
}
