// One river: what it is, what it runs into and what runs into it, and its reaches, each a way to its chiefs.
import type { RiverDetail, RiverReach } from '../api'
import { formatArea, formatMetres, nameOf } from '../state/format'
import { formatAt } from '../state/link'
import { Called, Fact, here, LevelTag, linkTo, RiverLink, type Ui } from './bits'
import { ProfileView } from './Profile'

export function RiverTitle({ ui, river }: { ui: Ui; river: RiverDetail }) {
  const other = ui.lang === 'en' ? river.name : river.name_en
  return (
    <>
      <Called ui={ui} of={river} />
      {other !== null && other !== nameOf(ui.lang, river) && (
        <small lang={ui.lang === 'en' ? 'zh-CN' : 'en'}> {other}</small>
      )}
    </>
  )
}

export function RiverView({ ui, river }: { ui: Ui; river: RiverDetail }) {
  const { t, lang } = ui
  const tributaries = river.tributaries ?? []
  return (
    <>
      <p class="tags">
        {river.levels.map((l) => (
          <LevelTag key={l} ui={ui} level={l} />
        ))}
        <span class="tag">{t(`kind_${river.kind}`)}</span>
        {river.perennial !== null && <span class="tag">{t(river.perennial ? 'perennial' : 'seasonal')}</span>}
      </p>
      <dl class="facts">
        <Fact name={t('flows_into')}>
          {river.flows_into === null ? t('flows_nowhere') : <RiverLink ui={ui} of={river.flows_into} />}
        </Fact>
        {river.length_m !== null && <Fact name={t('length')}>{formatMetres(lang, river.length_m)}</Fact>}
        {river.basin_area_km2 !== null && <Fact name={t('basin')}>{formatArea(lang, river.basin_area_km2)}</Fact>}
        {river.division !== null && (
          <Fact name={t('division')}>
            <Called ui={ui} of={river.division} />
          </Fact>
        )}
        {river.source_place !== null && <Fact name={t('source_place')}>{river.source_place}</Fact>}
        {river.mouth_place !== null && <Fact name={t('mouth_place')}>{river.mouth_place}</Fact>}
      </dl>
      <ProfileView ui={ui} river={river.id} />
      <section aria-labelledby="h-trib">
        <h2 id="h-trib">{t('tributaries', { name: nameOf(lang, river) })}</h2>
        {tributaries.length === 0 ? (
          <p class="how">{t('tributaries_none')}</p>
        ) : (
          <ul class="chips">
            {tributaries.map((n) => (
              <li key={n.id}>
                <RiverLink ui={ui} of={n} />
              </li>
            ))}
          </ul>
        )}
      </section>
      <Reaches ui={ui} reaches={river.reaches ?? []} />
    </>
  )
}

function Reaches({ ui, reaches }: { ui: Ui; reaches: readonly RiverReach[] }) {
  const { t, c } = ui
  return (
    <section aria-labelledby="h-reach">
      <h2 id="h-reach">{t('reaches')}</h2>
      <p class="how">{reaches.length === 0 ? t('reaches_none') : t('reaches_hint')}</p>
      <ul class="rows">
        {reaches.map((r) => (
          <li key={r.id}>
            <a href={linkTo(ui, `at=${formatAt(r.point)}`)} onClick={(e) => here(e, () => void c.go(r.point))}>
              <span>
                <LevelTag ui={ui} level={r.level} /> <b lang="zh-CN">{r.name ?? r.division.name}</b>
              </span>
              <small>
                <span class="k">
                  {r.from_label} – {r.to_label}
                </span>{' '}
                · {t(`bank_${r.bank_scope}`)} · <Called ui={ui} of={r.division} />
              </small>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}
