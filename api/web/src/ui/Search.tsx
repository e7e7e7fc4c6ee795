// The search: a combobox over rivers and places. Arrow keys walk the hits, Enter takes one, Escape closes.
import { useRef } from 'preact/hooks'
import type { Result } from '../state/state'
import { results } from '../state/state'
import { Called, Failed, Icon, LevelTag, type Ui } from './bits'

export function Search({ ui }: { ui: Ui }) {
  const { c, s, t } = ui
  const input = useRef<HTMLInputElement>(null)
  const hits = results(s)
  const rivers = hits.filter((h) => h.kind === 'river').length
  const take = (hit: Result | undefined) => {
    if (hit === undefined) return
    input.current?.blur()
    void c.choose(hit)
  }
  const onKeyDown = (e: KeyboardEvent) => {
    // An input method is composing: its Enter and arrows are its own.
    if (e.isComposing) return
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault()
      c.dispatch({ do: 'moved', by: e.key === 'ArrowDown' ? 1 : -1 })
    } else if (e.key === 'Enter') {
      e.preventDefault()
      take(hits[Math.max(s.active, 0)])
    } else if (e.key === 'Escape') {
      if (s.open) c.dispatch({ do: 'closed' })
      else c.search('')
    }
  }
  return (
    <search class="find">
      <div class="box">
        <Icon d="M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12Zm4.5-1.5L17 17" />
        <input
          ref={input}
          id="q"
          type="search"
          // biome-ignore lint/a11y/noRedundantRoles: without a list it is no combobox of its own
          role="combobox"
          list={undefined}
          aria-label={t('search_label')}
          aria-expanded={s.open}
          aria-controls="hits"
          aria-autocomplete="list"
          aria-activedescendant={s.active >= 0 ? `hit-${s.active}` : undefined}
          placeholder={t('search_placeholder')}
          autocomplete="off"
          enterkeyhint="search"
          maxLength={100}
          value={s.text}
          onInput={(e) => c.search(e.currentTarget.value)}
          onFocus={() => c.dispatch({ do: 'opened' })}
          onKeyDown={onKeyDown}
        />
        {s.text !== '' && (
          <button
            type="button"
            class="icon"
            aria-label={t('search_clear')}
            onClick={() => {
              c.search('')
              input.current?.focus()
            }}
          >
            <Icon d="M5 5l10 10M15 5 5 15" />
          </button>
        )}
      </div>
      <div class="hits" hidden={!s.open}>
        <p class="sr" role="status">
          {s.open && s.found.is === 'done' && (hits.length > 0 ? t('search_found', { n: hits.length }) : '')}
        </p>
        {s.found.is === 'failed' && <Failed ui={ui} trouble={s.found.trouble} retry={() => c.search(s.text)} />}
        {s.found.is === 'done' && hits.length === 0 && <p class="empty">{t('search_none', { q: s.found.value.q })}</p>}
        {s.found.is === 'loading' && <p class="bone wide" />}
        <div role="listbox" id="hits" aria-label={t('search_label')} hidden={hits.length === 0}>
          {hits.map((hit, i) => (
            <div key={`${hit.kind}${hit.kind === 'river' ? hit.river.id : hit.place.id}`}>
              {(i === 0 || i === rivers) && (
                <p class="group" role="presentation">
                  {t(hit.kind === 'river' ? 'search_rivers' : 'search_places')}
                </p>
              )}
              {/* biome-ignore lint/a11y/useKeyWithClickEvents: the input has the focus and the keys, as the combobox pattern asks */}
              <div
                id={`hit-${i}`}
                role="option"
                tabIndex={-1}
                aria-selected={i === s.active}
                class="hit"
                onMouseDown={(e) => e.preventDefault()}
                onClick={() => take(hit)}
              >
                <Hit ui={ui} hit={hit} />
              </div>
            </div>
          ))}
        </div>
      </div>
    </search>
  )
}

function Hit({ ui, hit }: { ui: Ui; hit: Result }) {
  if (hit.kind === 'place') {
    return (
      <>
        <b>
          <Called ui={ui} of={hit.place} />
        </b>
        <small>
          {ui.t(`place_${hit.place.kind}`)}
          {hit.place.code !== null && ` ${hit.place.code}`}
          {hit.place.division !== null && <span lang="zh-CN"> · {hit.place.division}</span>}
        </small>
      </>
    )
  }
  const r = hit.river
  const level = r.levels[0]
  return (
    <>
      <b>
        <Called ui={ui} of={r} />
      </b>{' '}
      {level !== undefined && <LevelTag ui={ui} level={level} />}
      <small>
        {r.division !== null && <Called ui={ui} of={r.division} />}
        {r.flows_into !== null && (
          <>
            {' · '}
            {ui.t('flows_into')} <Called ui={ui} of={r.flows_into} />
          </>
        )}
      </small>
    </>
  )
}
