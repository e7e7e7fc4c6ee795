import type { LonLat } from './api'

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
