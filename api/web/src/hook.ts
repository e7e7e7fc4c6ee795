import type { LonLat } from './api'
import type { Written } from './engine'

// What a test may ask: where a place is drawn, which names are written where, and what the page says of itself. Only behind ?e2e=1.
export type TestHook = {
  toPixel: (at: LonLat) => LonLat | null
  names: () => Written[]
  status: () => { map: string; tilesFailed: number; rivers: number }
}

declare global {
  interface Window {
    __hetu?: TestHook
  }
}
