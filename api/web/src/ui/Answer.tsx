// Who is responsible at a place: the chain from the highest level down, for each bank that is asked about.
import type { BoardAt, OnBank, RiverFound, Seat } from '../api'
import { formatClass, formatLevels, formatMetres, formatPhone, formatTel, nameOf } from '../state/format'
import { formatAt } from '../state/link'
import type { Answered, Mark } from '../state/state'
import { Called, here, LevelTag, linkTo, pageTo, RiverLink, type Ui } from './bits'

export function AnswerView({ ui, answered }: { ui: Ui; answered: Answered }) {
  const { answer, beyond } = answered
  return (
    <>
      {ui.s.marks.length > 0 && <Marks ui={ui} marks={ui.s.marks} />}
      {answer.tie && <p class="past">{ui.t('answer_tie', { n: answer.rivers.length })}</p>}
      {answer.rivers.map((r) => (
        <RiverHere key={r.river.id} ui={ui} found={r} />
      ))}
      {answer.rivers.length === 0 && <Nothing ui={ui} radius={answer.radius_m} nearest={beyond?.rivers[0]} />}
    </>
  )
}

function Nothing({ ui, radius, nearest }: { ui: Ui; radius: number; nearest: RiverFound | undefined }) {
  const { t, lang, c } = ui
  return (
    <div class="empty">
      <p>{t('answer_none', { d: formatMetres(lang, radius) })}</p>
      {nearest === undefined ? (
        <p>{t('answer_farther')}</p>
      ) : (
        <>
          <p>
            {t('answer_nearest', {
              name: nameOf(lang, nearest.river),
              d: formatMetres(lang, nearest.distance_m),
            })}
          </p>
          <button type="button" onClick={() => void c.go(nearest.point)}>
            {t('answer_go')}
          </button>
        </>
      )}
    </div>
  )
}

function Marks({ ui, marks }: { ui: Ui; marks: readonly Mark[] }) {
  return (
    <section>
      <h2>{ui.t('also_here')}</h2>
      <ul class="boards">
        {marks.map((m) => (
          <li key={`${m.kind}${m.name}`}>
            <span class="tag">
              {ui.t(m.kind === 'board' ? 'place_board' : 'legend_section').replace(/[（(].*/, '')}
            </span>{' '}
            <b lang="zh-CN">{m.name}</b>
            {m.target !== null && <> · {ui.t('section_target', { c: formatClass(m.target) })}</>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function RiverHere({ ui, found }: { ui: Ui; found: RiverFound }) {
  const { t, lang } = ui
  return (
    <article class="here">
      <h2 class="river">
        <RiverLink ui={ui} of={found.river} /> <span class="k">{found.measure_label}</span>{' '}
        <span class="bank">{t(`bank_${found.bank}`)}</span>
      </h2>
      <p class="how">
        {t('distance', { d: formatMetres(lang, found.distance_m) })} · {t(`how_${found.how}`)} ·{' '}
        {t(`confidence_${found.confidence}`)}
      </p>
      {found.beyond_end && <p class="how warn">{t('beyond')}</p>}
      {merge(found.banks).map((b) => (
        <Chain key={b.bank} ui={ui} on={b} />
      ))}
      {found.river_posts.length > 0 && (
        <section>
          <h3>{t('river_posts')}</h3>
          <Seats ui={ui} seats={found.river_posts} />
        </section>
      )}
      {found.head_chiefs.length > 0 && (
        <details class="heads">
          <summary>{t('heads')}</summary>
          {found.head_chiefs.map((h) => (
            <div key={h.division.id}>
              <p class="reach">
                <LevelTag ui={ui} level={h.division.level} /> <Called ui={ui} of={h.division} />
              </p>
              <Seats ui={ui} seats={h.posts} />
            </div>
          ))}
        </details>
      )}
      <Boards ui={ui} boards={found.boards} />
    </article>
  )
}

// merge shows two banks that the same reaches answer for as one.
function merge(banks: readonly OnBank[]): OnBank[] {
  const [a, b] = banks
  if (banks.length === 2 && a !== undefined && b !== undefined && ids(a) === ids(b)) return [{ ...a, bank: 'both' }]
  return [...banks]
}

function ids(b: OnBank): string {
  return b.levels.flatMap((l) => l.reaches.map((r) => r.id)).join()
}

function Chain({ ui, on }: { ui: Ui; on: OnBank }) {
  const { t, lang } = ui
  return (
    <section>
      <h3>
        {t(`bank_${on.bank}`)} <small>{on.bank === 'both' ? '' : t('facing')}</small>
      </h3>
      {on.levels.length === 0 && <p class="empty">{t('no_reach')}</p>}
      <ol class="chain">
        {on.levels.map((l) => (
          <li key={l.level}>
            <h4>
              <LevelTag ui={ui} level={l.level} />
            </h4>
            {l.reaches.map((r) => (
              <div key={r.id}>
                <p class="reach">
                  {r.name !== null && <b lang="zh-CN">{r.name}</b>}
                  <small>
                    <span class="k">
                      {r.from_label} – {r.to_label}
                    </span>
                    {r.division !== null && (
                      <>
                        {' · '}
                        <Called ui={ui} of={r.division} />
                      </>
                    )}
                  </small>
                </p>
                {(r.posts ?? []).length === 0 ? (
                  <p class="tag vacant">{t('no_post')}</p>
                ) : (
                  <Seats ui={ui} seats={r.posts ?? []} />
                )}
              </div>
            ))}
          </li>
        ))}
      </ol>
      {(on.missing_levels ?? []).length > 0 && (
        <p class="how">{t('missing_levels', { levels: formatLevels(lang, on.missing_levels ?? []) })}</p>
      )}
    </section>
  )
}

function Seats({ ui, seats }: { ui: Ui; seats: readonly Seat[] }) {
  return (
    <ul class="seats">
      {seats.map((seat) => (
        <SeatRow key={seat.id} ui={ui} seat={seat} />
      ))}
    </ul>
  )
}

function SeatRow({ ui, seat }: { ui: Ui; seat: Seat }) {
  const { t, lang } = ui
  const { holder: h, phone_public: phone } = seat
  const side = seat.dual_role === 'none' ? '' : t(`side_${seat.dual_role}`)
  return (
    <li class="seat">
      <div>
        <p class="post" lang="zh-CN">
          {seat.title}
        </p>
        <p class="who">
          {h !== null && (
            <span lang="zh-CN">
              <b>{h.person}</b> {h.position ?? ''}
            </span>
          )}
          {h?.acting === true && <span class="tag acting">{t('acting')}</span>}
          {seat.vacant && (
            <span class="tag vacant">
              {seat.vacant_since === null ? t('vacant') : t('vacant_since', { day: seat.vacant_since })}
            </span>
          )}
        </p>
        <p class="how">
          {t(`role_${seat.role}`)}
          {side !== '' && (lang === 'en' ? ` (${side})` : `（${side}）`)}
          {h !== null && h.since !== null && ` · ${t('since', { day: h.since })}`}
          {seat.responsible_unit !== null && <span lang="zh-CN"> · {t('unit', { name: seat.responsible_unit })}</span>}
          {h !== null && h.note !== null && <span lang="zh-CN"> · {h.note}</span>}
        </p>
      </div>
      {phone === null ? (
        <span class="nocall">{t('no_phone')}</span>
      ) : (
        <a class="call" href={`tel:${formatTel(phone)}`} aria-label={t('call', { phone: formatPhone(lang, phone) })}>
          {formatPhone(lang, phone)}
        </a>
      )}
    </li>
  )
}

function Boards({ ui, boards }: { ui: Ui; boards: readonly BoardAt[] }) {
  const { t, lang, c } = ui
  return (
    <section>
      <h3>{t('boards')}</h3>
      {boards.length === 0 && <p class="how">{t('boards_none')}</p>}
      <ul class="boards">
        {boards.map((b) => (
          <li key={b.id}>
            <p>
              <LevelTag ui={ui} level={b.level} />{' '}
              <a
                href={linkTo(ui, `at=${formatAt(b.point)}`)}
                lang="zh-CN"
                onClick={(e) => here(e, () => void c.go(b.point))}
              >
                {b.site_text ?? b.code ?? t('place_board')}
              </a>{' '}
              <small>
                {t('away', { d: formatMetres(lang, b.distance_m) })} · {t(`state_${b.state}`)}
                {b.content_date !== null && ` · ${t('content_date', { day: b.content_date })}`} ·{' '}
                <a href={pageTo(ui, b.page)}>{t('board_page')}</a>
              </small>
            </p>
            {b.stale && (
              <p class="stale">{b.stale_since === null ? t('stale_unknown') : t('stale', { day: b.stale_since })}</p>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
