// The entry of /map.
import { render } from 'preact'
import 'maplibre-gl/dist/maplibre-gl.css'
import '../styles/tokens.css'
import '../styles/map.css'
import { Controller } from './controller'
import type { TestHook } from './hook'
import { App } from './ui/App'

const root = document.getElementById('app')
const { sample, approval, today } = document.body.dataset
const testing = new URLSearchParams(location.search).get('e2e') === '1'

if (root !== null) {
  const controller = new Controller({
    today: today ?? new Date().toISOString().slice(0, 10),
    sample: sample === 'true',
    approvalNo: approval ?? '',
    still: testing || window.matchMedia('(prefers-reduced-motion: reduce)').matches,
  })
  root.replaceChildren()
  render(<App c={controller} />, root)
  if (testing) {
    const hook: TestHook = {
      toPixel: (at) => controller.engine?.toPixel(at) ?? null,
      names: () => controller.engine?.names() ?? [],
      status: () => {
        const s = controller.state.value
        return { map: s.map, tilesFailed: s.tilesFailed, rivers: s.view.rivers.length }
      },
    }
    window.__hetu = hook
  }
}
