// A river from end to end: a strip along K with one row for each level and kind, what is at one place of it, and ways up and down.
import { useState } from 'preact/hooks'
import { type Profile, type ProfileItem, type ProfileRoute, profileFile, type Seat } from '../api'
import { formatAt } from '../state/link'
import { at, exact, gapsOf, judged, label, measureAt, type Row, rowsOf, shareOf, ticks } from '../state/profile'
import { Called, Failed, here, LevelTag, linkTo, type Ui, Waiting } from './bits'
import { TraceView } from './Trace'

const steps = 1000 // of the slider, from end to end
const listed = 300 // items of a route in the list

export function ProfileView({ ui, river }: { ui: Ui; river: number }) {
  const { c, s, t } = ui
  return (
    <section aria-labelledby="h-along">
      <h2 id="h-along">{t('along')}</h2>
      {s.profile.is === 'failed' && <Failed ui={ui} trouble={s.profile.trouble} retry={() => void c.retry()} />}
      {(s.profile.is === 'loading' || s.profile.is === 'idle') && <Waiting ui={ui} />}
      {s.profile.is === 'done' && <Told ui={ui} river={river} profile={s.profile.value} />}
    </section>
  )
}

function Told({ ui, river, profile }: { ui: Ui; river: number; profile: Profile }) {
  const { s, t } = ui
  const asOf = s.link.asOf
  if (profile.routes.length === 0) return <p class="how">{t('along_nothing')}</p>
  return (
    <>
      {profile.gaps === 0 && <p class="how">{t(judged(profile) ? 'along_whole' : 'along_unjudged')}</p>}
      {profile.routes.map((r, n) => (
        <RouteStrip
          key={r.route_id}
          ui={ui}
          river={river}
          route={r}
          title={profile.routes.length > 1 ? t('along_route', { n: n + 1 }) : null}
          several={profile.routes.length > 1}
        />
      ))}
      <p class="files">
        {t('download')}
        {(['csv', 'xlsx', 'geojson'] as const).map((form) => (
          <a key={form} href={profileFile(river, form, asOf)} download>
            {form === 'geojson' ? 'GeoJSON' : form.toUpperCase()}
          </a>
        ))}
      </p>
    </>
  )
}

type Strip = { ui: Ui; river: number; route: ProfileRoute; title: string | null; several: boolean }

function RouteStrip({ ui, river, route, title, several }: Strip) {
  const { t } = ui
  const [share, setShare] = useState(0.5)
  const m = measureAt(route, share)
  const gaps = gapsOf(route)
  const id = `along-${route.route_id}`
  return (
    <div class="along">
      {title !== null && <h3>{title}</h3>}
      <p class="ends">
        <span>
          {t('source')} <span class="k">{label(route.rises_m)}</span>
        </span>
        <span aria-hidden="true">{t('along_flow')}</span>
        <span>
          {t('mouth')} <span class="k">{label(route.ends_m)}</span>
        </span>
      </p>
      <Picture ui={ui} route={route} gaps={gaps.length} share={share} put={setShare} />
      <label class="sr" for={id}>
        {t('along_cursor')}
      </label>
      <div class="track">
        <input
          id={id}
          type="range"
          min="0"
          max={steps}
          value={Math.round(share * steps)}
          aria-valuetext={label(m)}
          onInput={(e) => setShare(Number(e.currentTarget.value) / steps)}
        />
      </div>
      <p class="how">{t('along_key')}</p>
      {gaps.length > 0 && <Gaps ui={ui} gaps={gaps} go={(i) => setShare(shareOf(route, (i.from_m + i.to_m) / 2))} />}
      <Place ui={ui} route={route} m={m} />
      <Everything ui={ui} route={route} />
      <TraceView ui={ui} river={river} route={several ? route.route_id : null} at={exact(route, m)} label={label(m)} />
    </div>
  )
}

// Picture is the strip. It is one image to who cannot see it: the slider, the list and the gaps below say all that it shows.
function Picture({
  ui,
  route,
  gaps,
  share,
  put,
}: {
  ui: Ui
  route: ProfileRoute
  gaps: number
  share: number
  put: (share: number) => void
}) {
  const { t } = ui
  const said = t('along_label', { from: label(route.rises_m), to: label(route.ends_m), n: gaps })
  return (
    <div
      class="strip"
      role="img"
      aria-label={said}
      onPointerDown={(e) => {
        const track = e.currentTarget.querySelector('.bars')?.getBoundingClientRect()
        if (track === undefined || track.width === 0) return
        put(Math.min(1, Math.max(0, (e.clientX - track.left) / track.width)))
      }}
    >
      {rowsOf(route).map((row) => (
        <div class="line" key={`${row.kind}${row.level}`}>
          <span class="what">{row.level !== null ? t(`level_${row.level}`) : t(`item_${row.kind}`)}</span>
          <span class={`bars ${row.kind}`}>
            {row.items.map((i) => (
              <Drawn key={`${i.kind}${i.id}${i.from_m}${i.bank}`} ui={ui} route={route} row={row} item={i} />
            ))}
            <i class="cursor" style={{ left: `${share * 100}%` }} />
          </span>
        </div>
      ))}
      <div class="line axis">
        <span class="what k">K</span>
        <span class="bars">
          {ticks(route, 4).map((m) => (
            <i key={m} class="tick k" style={{ left: `${shareOf(route, m) * 100}%` }}>
              {m % 1000 === 0 ? m / 1000 : label(m).slice(1)}
            </i>
          ))}
        </span>
      </div>
    </div>
  )
}

function Drawn({ ui, route, row, item }: { ui: Ui; route: ProfileRoute; row: Row; item: ProfileItem }) {
  const a = shareOf(route, item.from_m)
  const b = shareOf(route, item.to_m)
  const left = Math.min(a, b) * 100
  if (item.kind === 'reach' || item.kind === 'gap' || item.kind === 'boundary') {
    const width = Math.abs(b - a) * 100
    const bad =
      item.kind === 'gap' ? 'gap' : item.state === 'chief_acting' || item.state === 'seat_vacant' ? 'acting' : ''
    return (
      <i
        class={`span ${item.bank} ${bad} ${row.level === null ? '' : `l${row.level}`}`}
        style={{ left: `${left}%`, width: `max(3px, ${width}% - 1px)` }}
        title={textOf(ui, item)}
      >
        {item.kind === 'gap' && width > 12 && <b>{ui.t('item_gap')}</b>}
      </i>
    )
  }
  return (
    <i
      class={`mark ${item.kind} ${item.stale_since === null ? '' : 'old'}`}
      style={{ left: `${left}%` }}
      title={textOf(ui, item)}
    />
  )
}

// textOf is an item in one line.
function textOf(ui: Ui, i: ProfileItem): string {
  const k = i.from_label === i.to_label ? i.from_label : `${i.from_label}–${i.to_label}`
  const parts = [
    k,
    i.level === null ? '' : ui.t(`level_${i.level}`),
    i.name ?? ui.t(`item_${i.kind}`),
    ui.t(`bank_${i.bank}`),
    stateOf(ui, i),
  ]
  return parts.filter((p) => p !== '').join(' · ')
}

function stateOf({ t }: Ui, i: ProfileItem): string {
  switch (i.state) {
    case 'no_reach':
    case 'no_chief_post':
    case 'chief_vacant':
    case 'chief_acting':
    case 'seat_vacant':
      return t(`lack_${i.state}`)
    default:
      return i.stale_since === null ? '' : t('stale', { day: i.stale_since })
  }
}

function Gaps({ ui, gaps, go }: { ui: Ui; gaps: ProfileItem[]; go: (i: ProfileItem) => void }) {
  const { t } = ui
  return (
    <div class="gaps">
      <p>
        <b>{t('along_gaps', { n: gaps.length })}</b>
      </p>
      <ul>
        {gaps.slice(0, 8).map((i) => (
          <li key={`${i.level}${i.bank}${i.from_m}${i.id}`}>
            <button type="button" class="link" onClick={() => go(i)}>
              {i.level !== null && t(`level_${i.level}`)} {t(`bank_${i.bank}`)}{' '}
              <span class="k">
                {i.from_label}–{i.to_label}
              </span>{' '}
              {stateOf(ui, i)}
            </button>
          </li>
        ))}
      </ul>
      {gaps.length > 8 && <p>{t('along_list_more', { n: gaps.length - 8 })}</p>}
    </div>
  )
}

// Place says what is at the place of the slider.
function Place({ ui, route, m }: { ui: Ui; route: ProfileRoute; m: number }) {
  const { t } = ui
  const { stretches, marks } = at(route, m)
  return (
    <div class="place" aria-live="polite">
      <h3 class="k">{t('along_here', { k: label(m) })}</h3>
      {stretches.length === 0 && <p class="how">{t('along_none_here')}</p>}
      <ul>
        {stretches.map((i) => (
          <li key={`${i.kind}${i.id}${i.level}${i.bank}`} class={i.kind === 'gap' ? 'bad' : ''}>
            {i.level !== null && <LevelTag ui={ui} level={i.level} />}{' '}
            {i.bank !== 'both' && <span>{t(`bank_${i.bank}`)} </span>}
            {i.kind === 'gap' ? <b>{stateOf(ui, i)}</b> : <Chiefs ui={ui} item={i} />}
          </li>
        ))}
        {marks.map((i) => (
          <li key={`${i.kind}${i.id}${i.from_m}`}>
            <span class="tag">{t(`item_${i.kind}`)}</span> <span lang="zh-CN">{i.name ?? i.code ?? ''}</span>{' '}
            <small class="k">{i.from_label}</small>
            {i.stale_since !== null && <small class="stale"> {t('stale', { day: i.stale_since })}</small>}
          </li>
        ))}
      </ul>
    </div>
  )
}

const chiefRoles: readonly Seat['role'][] = ['chief', 'lake_chief', 'reservoir_chief']

function Chiefs({ ui, item }: { ui: Ui; item: ProfileItem }) {
  const { t } = ui
  const chiefs = item.posts.filter((p) => chiefRoles.includes(p.role))
  return (
    <>
      {item.division !== null && <Called ui={ui} of={item.division} />}{' '}
      {chiefs.length === 0 && <b class="bad">{t('no_post')}</b>}
      {chiefs.map((p) => (
        <span key={p.id} class="who">
          {p.dual_role !== 'none' && <small>{t(`side_${p.dual_role}`)} </small>}
          {p.holder !== null && <b lang="zh-CN">{p.holder.person}</b>}
          {p.holder?.acting === true && <span class="tag acting">{t('acting')}</span>}
          {p.holder === null && <span class="tag vacant">{t('vacant')}</span>}{' '}
        </span>
      ))}
    </>
  )
}

// Everything is the strip as a list, from the smallest measure up, made when it is opened; each line is a way to its place on
// the map.
function Everything({ ui, route }: { ui: Ui; route: ProfileRoute }) {
  const { t, c } = ui
  const [open, setOpen] = useState(false)
  const rest = route.items.length - listed
  return (
    <details class="heads" onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{t('along_list', { n: route.items.length })}</summary>
      {open && (
        <ul class="rows">
          {route.items.slice(0, listed).map((i) => (
            <li key={`${i.kind}${i.id}${i.from_m}${i.level}${i.bank}`} class={i.kind === 'gap' ? 'bad' : ''}>
              <a href={linkTo(ui, `at=${formatAt(i.point)}`)} onClick={(e) => here(e, () => void c.go(i.point))}>
                <span>
                  {i.level !== null && <LevelTag ui={ui} level={i.level} />}{' '}
                  <span class="tag">{t(`item_${i.kind}`)}</span> <b lang="zh-CN">{i.name ?? i.code ?? ''}</b>
                </span>
                <small>
                  <span class="k">
                    {i.from_label === i.to_label ? i.from_label : `${i.from_label} – ${i.to_label}`}
                  </span>{' '}
                  · {t(`bank_${i.bank}`)} {stateOf(ui, i)}
                </small>
              </a>
            </li>
          ))}
        </ul>
      )}
      {open && rest > 0 && <p class="how">{t('along_list_more', { n: rest })}</p>}
    </details>
  )
}
