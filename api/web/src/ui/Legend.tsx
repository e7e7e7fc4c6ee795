// The legend: what the map draws, in the map's own colours.
import { colours } from '../style'
import type { Ui } from './bits'

export function Legend({ ui }: { ui: Ui }) {
  const { t } = ui
  return (
    <details class="legend" open={window.matchMedia('(min-width: 90rem) and (min-height: 44rem)').matches}>
      <summary>{t('legend')}</summary>
      <ul>
        <Line name={t('legend_city')} colour={colours.city} width={4} />
        <Line name={t('legend_county')} colour={colours.district} width={3} />
        <Line name={t('legend_town')} colour={colours.small} width={2.2} />
        <Line name={t('legend_seasonal')} colour={colours.district} width={3} dash="7 3" />
        <Line name={t('legend_boundary')} colour={colours.boundary} width={1.6} />
        <li>
          <svg viewBox="0 0 36 14" width="36" height="14" aria-hidden="true">
            <path d="M1 7h34" stroke={colours.district} stroke-width="3" />
            <path d="M14 3l9 4-9 4 2.5-4Z" fill={colours.riverText} stroke={colours.halo} stroke-width="1" />
          </svg>
          {t('legend_flow')}
        </li>
        <li>
          <svg viewBox="0 0 36 14" width="36" height="14" aria-hidden="true">
            <path d="M1 7h34" stroke={colours.reach} stroke-width="12" stroke-opacity=".35" />
            <path d="M1 7h34" stroke={colours.district} stroke-width="3" />
          </svg>
          {t('legend_reach')}
        </li>
        <li>
          <svg viewBox="0 0 36 16" width="36" height="16" aria-hidden="true">
            <path d="M14 9v6m8-6v6" stroke="#1f5e52" stroke-width="2" />
            <rect x="9" y="1" width="18" height="9" rx="2" fill="#1f5e52" />
          </svg>
          {t('legend_board')}
        </li>
        <li>
          <svg viewBox="0 0 36 16" width="36" height="16" aria-hidden="true">
            <path d="M18 1l7 7-7 7-7-7Z" fill="#6a3a7c" />
          </svg>
          {t('legend_section')}
        </li>
        <li>
          <svg viewBox="0 0 36 14" width="36" height="14" aria-hidden="true">
            <path d="M1 4h34" stroke={colours.county} stroke-width="1.4" stroke-dasharray="6 2 1 2" />
            <path d="M1 10h34" stroke={colours.town} stroke-width="1.2" stroke-dasharray="4 2 1 2" />
          </svg>
          {t('legend_border')}
        </li>
      </ul>
    </details>
  )
}

function Line(p: { name: string; colour: string; width: number; dash?: string }) {
  return (
    <li>
      <svg viewBox="0 0 36 14" width="36" height="14" aria-hidden="true">
        <path d="M1 7h34" stroke={p.colour} stroke-width={p.width} stroke-dasharray={p.dash} />
      </svg>
      {p.name}
    </li>
  )
}
