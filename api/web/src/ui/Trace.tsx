// The way up or down from a place on a river: which way, how far, and what it came to.
import { useState } from 'preact/hooks'
import { type Mode, type Trace, type TraceAsk, traceFile } from '../api'
import { formatMetres } from '../state/format'
import { csvOf, walked } from '../state/profile'
import { Failed, RiverLink, type Ui, Waiting } from './bits'

const modes: readonly Mode[] = ['UM', 'UT', 'DM', 'DD']
const rivers = 12 // that are listed

type Props = { ui: Ui; river: number; route: number | null; at: string; label: string }

export function TraceView({ ui, river, route, at, label }: Props) {
  const { c, s, t, lang } = ui
  const [km, setKm] = useState(20)
  const mine = s.traced !== null && s.traced.river === river && s.traced.route === route
  const here = mine && s.traced?.at === at // the place may have been moved since
  const ask = (mode: Mode, far: number) => void c.trace({ river, route, at, label, mode, km: far })
  const id = `km-${route ?? river}`
  return (
    <fieldset class="trace">
      <legend>{t('trace')}</legend>
      <p class="k">{t('trace_from', { k: label })}</p>
      <div class="ways">
        {modes.map((mode) => (
          <button
            key={mode}
            type="button"
            class="second"
            aria-pressed={here && s.traced?.mode === mode}
            onClick={() => ask(mode, km)}
          >
            {t(`trace_${mode}`)}
          </button>
        ))}
      </div>
      <p class="far">
        <label for={id}>{t('trace_km')}</label>
        <input
          id={id}
          type="range"
          min="1"
          max="200"
          value={km}
          aria-valuetext={formatMetres(lang, km * 1000)}
          onInput={(e) => setKm(Number(e.currentTarget.value))}
          onChange={() => {
            if (mine && s.traced !== null) void c.trace({ ...s.traced, km })
          }}
        />
        <output for={id}>
          {km} {t('km')}
        </output>
      </p>
      {mine && s.traced !== null && <Result ui={ui} ask={s.traced} />}
    </fieldset>
  )
}

function Result({ ui, ask }: { ui: Ui; ask: TraceAsk }) {
  const { c, s, t } = ui
  const { trace } = s
  if (trace.is === 'failed') return <Failed ui={ui} trouble={trace.trouble} retry={() => void c.trace(ask)} />
  if (trace.is !== 'done') return <Waiting ui={ui} />
  return (
    <div aria-live="polite">
      <p class="k">{t('traced_from', { way: t(`trace_${ask.mode}`), k: ask.label })}</p>
      <Sum ui={ui} trace={trace.value} />
      <p class="files">
        {t('download')}
        <a href={traceFile(ask, s.link.asOf)} download={`trace-${ask.river}-${ask.mode}.geojson`}>
          GeoJSON
        </a>
        <button
          type="button"
          class="link"
          onClick={() => save(csvOf(trace.value.features), `trace-${ask.river}-${ask.mode}.csv`)}
        >
          CSV
        </button>
        <button type="button" class="link" onClick={() => c.endTrace()}>
          {t('trace_end')}
        </button>
      </p>
    </div>
  )
}

function Sum({ ui, trace }: { ui: Ui; trace: Trace }) {
  const { t, lang } = ui
  const on = walked(trace.features)
  const metres = on.reduce((sum, r) => sum + r.metres, 0)
  if (on.length === 0) return <p class="how">{t('trace_none')}</p>
  return (
    <>
      <p>
        <b>{t('trace_sum', { d: formatMetres(lang, metres), n: on.length })}</b> <small>{t('trace_legend')}</small>
      </p>
      {trace.truncated && <p class="stale">{t('trace_truncated')}</p>}
      <ol class="walked">
        {on.slice(0, rivers).map((r) => (
          <li key={r.key}>
            {r.id !== null && r.name !== null ? (
              <RiverLink ui={ui} of={{ id: r.id, name: r.name, name_en: r.name_en }} />
            ) : (
              t('trace_unnamed')
            )}{' '}
            <span class="k">{formatMetres(lang, r.metres)}</span>
          </li>
        ))}
      </ol>
      {on.length > rivers && <p class="how">{t('along_list_more', { n: on.length - rivers })}</p>}
    </>
  )
}

// save hands a text to the reader as a file.
function save(text: string, name: string) {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  const a = document.createElement('a')
  a.href = url
  a.download = name
  a.click()
  URL.revokeObjectURL(url)
}
