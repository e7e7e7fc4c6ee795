// What the panel shows while nothing is selected: the areas, and every river in view as a list in the map's order.
import { nameOf } from '../state/format'
import { Called, here, LevelTag, linkTo, type Ui } from './bits'

const most = 40

export function HomeView({ ui }: { ui: Ui }) {
  const { c, s, t } = ui
  const { rivers } = s.view
  return (
    <>
      <p class="lead">{t('home_lead')}</p>
      {s.areas.length > 1 && (
        <section aria-labelledby="h-areas">
          <h2 id="h-areas">{t('areas')}</h2>
          <ul class="chips">
            {s.areas.map((a) => (
              <li key={a.key}>
                <button type="button" class="second" onClick={() => c.showArea(a)}>
                  <Called ui={ui} of={a} /> <small>{t('area_rivers', { n: a.rivers })}</small>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="h-view">
        <h2 id="h-view">{t('in_view')}</h2>
        {rivers.length === 0 && s.map === 'ready' && <p class="empty">{t('in_view_none')}</p>}
        <ul class="rows thin">
          {rivers.slice(0, most).map((r) => (
            <li key={r.id}>
              <a
                href={linkTo(ui, `sel=river:${r.id}`)}
                onClick={(e) => here(e, () => void c.select({ kind: 'river', id: r.id }))}
              >
                <span>{nameOf(ui.lang, r)}</span>
                <span>
                  {r.seasonal && <small>{t('seasonal')} </small>}
                  {r.level !== null && <LevelTag ui={ui} level={r.level} />}
                </span>
              </a>
            </li>
          ))}
        </ul>
        {rivers.length > most && <p class="how">{t('in_view_more', { n: rivers.length - most })}</p>}
      </section>
    </>
  )
}
