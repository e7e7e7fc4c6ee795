// The entry of /map.
import { render } from 'preact'
import 'maplibre-gl/dist/maplibre-gl.css'
import '../styles/tokens.css'
import '../styles/map.css'
import type { LonLat } from './api'
import { Controller } from './controller'
import { App } from './ui/App'

// What a test may ask: where a place is drawn, and what the page says of itself. Only behind ?e2e=1.
export type TestHook = {
  toPixel: (at: LonLat) => LonLat | null
  status: () => { map: string; tilesFailed: number; rivers: number }
}

declare global {
  interface Window {
    __hetu?: TestHook
  }
}

const root = document.getElementById('app')
const { sample, approval, today } = document.body.dataset
const testing = new URLSearchParams(location.search).get('e2e') === '1'

if (root !== null) {
  const controller = new Controller({
    today: today ?? new Date().toISOString().slice(0, 10),
    sample: sample === 'true',
    approvalNo: approval ?? '',
    still: testing || window.matchMedia('(prefers-reduced-motion: reduce)').matches,
    testing,
  })
  root.replaceChildren()
  render(<App c={controller} />, root)
  if (testing) {
    window.__hetu = {
      toPixel: (at) => controller.engine?.toPixel(at) ?? null,
      status: () => {
        const s = controller.state.value
        return { map: s.map, tilesFailed: s.tilesFailed, rivers: s.view.rivers.length }
      },
    }
  }
}
