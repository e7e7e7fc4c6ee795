// Joins the state to the server, the map and the address bar. The UI calls these functions and reads `state`; nothing else
// changes it.
import { computed, type Signal, signal } from '@preact/signals'
import {
  type Answer,
  Fault,
  findPlaces,
  findRivers,
  type Line,
  type LonLat,
  readProfile,
  readResponsible,
  readRiver,
  readTileJson,
  readTrace,
  type TileJson,
  type TraceAsk,
} from './api'
import type { Engine, EngineEvents, EngineOptions, Shown, Tap } from './engine'
import { say } from './i18n/say'
import { type Camera, formatCamera, formatLink, nothing, parseCamera, parseLink, type Selection } from './state/link'
import {
  type Action,
  type Area,
  areasOf,
  type Load,
  type Mark,
  type Result,
  reachesOf,
  reduce,
  type State,
  selectionOf,
  start,
  type Trouble,
} from './state/state'

const areaRivers = 300 // rivers asked for to find the areas
const listed = 12 // results of one kind
const farRadiusM = 5000
const roughM = 500
const linkZoom = 12 // of a place that a link names without a camera

export type Config = { today: string; sample: boolean; approvalNo: string; still: boolean }
export type Host = Pick<EngineOptions, 'container' | 'padding'>

export class Controller {
  readonly config: Config
  readonly state: Signal<State>
  readonly camera = signal<Camera | null>(parseCamera(location.hash))
  readonly otherLanguage = computed(() => this.#otherLanguage())
  #engine: Engine | null = null
  #host: Host | null = null
  #asking = new AbortController()
  #searching = new AbortController()
  #tracing = new AbortController()
  #typed = 0
  #drawn = false // a trace is on the map
  #framed = false // the camera has been put somewhere

  constructor(config: Config) {
    this.config = config
    this.state = signal(start(parseLink(location.search), config.today))
    this.#framed = this.camera.value !== null
    window.addEventListener('popstate', () => this.#back())
    window.addEventListener('online', () => this.dispatch({ do: 'online', online: true }))
    window.addEventListener('offline', () => this.dispatch({ do: 'online', online: false }))
    if (!navigator.onLine) this.dispatch({ do: 'online', online: false })
  }

  dispatch(a: Action) {
    this.state.value = reduce(this.state.value, a)
  }

  get engine(): Engine | null {
    return this.#engine
  }

  // open starts the map in its container and answers what the address asks for.
  async open(host: Host) {
    this.#host = host
    const asked = this.#ask()
    await Promise.all([this.#openMap(host), asked])
  }

  async retryMap() {
    this.dispatch({ do: 'map', map: 'starting' })
    if (this.#host !== null) await this.#openMap(this.#host)
  }

  async #openMap(host: Host) {
    const s = this.state.value
    const ask = { asOf: s.link.asOf, signal: new AbortController().signal }
    try {
      const rivers = findRivers('', areaRivers, ask).catch(() => [])
      const [ml, tiles] = await Promise.all([import('./engine-ml'), readTileJson(ask)])
      const areas = areasOf(await rivers)
      this.dispatch({ do: 'areas', areas })
      if (!ml.hasWebGL2()) {
        this.dispatch({ do: 'map', map: 'no-webgl' })
        return
      }
      const options: EngineOptions = {
        ...host,
        lang: s.link.lang,
        label: say(s.link.lang, 'map_label'),
        tiles,
        start: this.camera.value ?? this.#startOf(areas, tiles),
        still: this.config.still,
      }
      this.#engine?.destroy()
      this.#engine = ml.startMap(options, this.#events())
      const { selection } = s.link
      if (selection.kind === 'at' && this.camera.value === null) this.#engine.go(selection.at, linkZoom)
      this.#show()
    } catch {
      this.dispatch({ do: 'map', map: 'failed' })
    }
  }

  #startOf(areas: readonly Area[], tiles: TileJson): EngineOptions['start'] {
    const { selection } = this.state.value.link
    if (selection.kind === 'at') {
      this.#framed = true
      return { zoom: linkZoom, lon: selection.at[0], lat: selection.at[1] }
    }
    return areas[0]?.box ?? tiles.bounds
  }

  #events(): EngineEvents {
    return {
      ready: () => this.dispatch({ do: 'map', map: 'ready' }),
      broken: () => this.dispatch({ do: 'map', map: 'failed' }),
      idle: (view) => {
        this.dispatch({ do: 'viewed', view })
        document.body.dataset['map'] = 'idle'
      },
      busy: () => {
        document.body.dataset['map'] = 'busy'
      },
      camera: (camera) => {
        this.camera.value = camera
        history.replaceState(history.state, '', location.pathname + location.search + formatCamera(camera))
      },
      tap: (tap) => void this.tap(tap),
      tiles: (failed) => {
        document.body.dataset['tilesFailed'] = String(failed)
        this.dispatch({ do: 'tiles', failed })
      },
    }
  }

  // tap asks about the place under the finger. A line under it is meant itself: the place is moved onto the river, so that
  // both banks are answered; a board or a section is meant where it stands.
  async tap(tap: Tap) {
    const at = tap.markAt ?? (tap.river === null ? tap.at : await this.#onto(tap.river))
    const done = this.select({ kind: 'at', at }, tap.marks)
    this.#engine?.reveal(at)
    await done
  }

  // #onto moves a place that was seen on the drawn line onto the river itself.
  async #onto(drawn: LonLat): Promise<LonLat> {
    try {
      const ask = { asOf: this.state.value.link.asOf, signal: AbortSignal.timeout(8000) }
      const near = await readResponsible(drawn, null, ask)
      return near.rivers[0]?.point ?? drawn
    } catch {
      return drawn
    }
  }

  async select(selection: Selection, marks: readonly Mark[] = []) {
    this.dispatch({ do: 'selected', selection, marks })
    this.#push()
    await this.#ask()
  }

  choose(r: Result) {
    this.dispatch({ do: 'typed', text: '' })
    if (r.kind === 'place') {
      if (r.place.bbox !== null && r.place.kind === 'division') this.#engine?.fit(r.place.bbox)
      else this.#engine?.go(r.place.point, 14)
      return this.select(selectionOf(r))
    }
    return this.showRiver(r.river.id)
  }

  // showRiver selects a river and, once it is known where it runs, brings it into view.
  showRiver(id: number) {
    this.#framed = false
    return this.select({ kind: 'river', id })
  }

  showArea(area: Area) {
    this.#engine?.fit(area.box)
  }

  go(at: LonLat) {
    this.#engine?.go(at, Math.max(14, this.camera.value?.zoom ?? 0))
    return this.select({ kind: 'at', at })
  }

  async setDay(day: string) {
    const asOf = day === '' ? null : day
    this.dispatch({ do: 'day', asOf })
    this.#push()
    const ask = { asOf: this.state.value.link.asOf, signal: new AbortController().signal }
    const tiles = readTileJson(ask).then(
      (t) => this.#engine?.setTiles(t),
      () => this.dispatch({ do: 'map', map: 'failed' }),
    )
    await Promise.all([tiles, this.#ask()])
  }

  // back leaves a selection: to where it came from when that is ours, else to nothing.
  back() {
    if (history.state === 'hetu') history.back()
    else void this.select(nothing)
  }

  cancel() {
    this.#asking.abort()
    void this.select(nothing)
  }

  retry() {
    return this.#ask()
  }

  // search waits for a pause in typing; an answer that came too late is dropped.
  search(text: string) {
    this.dispatch({ do: 'typed', text })
    this.#searching.abort()
    const q = text.trim()
    window.clearTimeout(this.#typed)
    if (q !== '') this.#typed = window.setTimeout(() => void this.#find(q), 160)
  }

  async #find(q: string) {
    this.#searching = new AbortController()
    const ask = { asOf: this.state.value.link.asOf, signal: this.#searching.signal }
    this.dispatch({ do: 'found', load: { is: 'loading' } })
    try {
      const [rivers, places] = await Promise.all([findRivers(q, listed, ask), findPlaces(q, ask)])
      if (ask.signal.aborted) return
      this.dispatch({ do: 'found', load: { is: 'done', value: { q, rivers, places: places.slice(0, listed) } } })
    } catch (cause) {
      if (!ask.signal.aborted) this.dispatch({ do: 'found', load: { is: 'failed', trouble: troubleOf(cause) } })
    }
  }

  locate() {
    this.dispatch({ do: 'locating' })
    if (!window.isSecureContext || !('geolocation' in navigator)) {
      this.dispatch({ do: 'located', said: { key: 'locate_insecure', metres: null } })
      return
    }
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const rough = coords.accuracy > roughM
        const at: LonLat = [coords.longitude, coords.latitude]
        void this.go(at)
        this.dispatch({ do: 'located', said: rough ? { key: 'locate_rough', metres: coords.accuracy } : null })
      },
      (fault) => {
        const refused = fault.code === fault.PERMISSION_DENIED
        this.dispatch({ do: 'located', said: { key: refused ? 'locate_refused' : 'locate_timeout', metres: null } })
      },
      { enableHighAccuracy: true, timeout: 8000, maximumAge: 30_000 },
    )
  }

  // trace walks up or down from a place of the river and draws the way; the map is moved to it once.
  async trace(a: TraceAsk) {
    const again = this.state.value.traced?.mode === a.mode
    this.#tracing.abort()
    this.#tracing = new AbortController()
    const { signal } = this.#tracing
    this.dispatch({ do: 'traced', ask: a })
    const ask = { asOf: this.state.value.link.asOf, signal }
    await this.#load(
      signal,
      () => readTrace(a, ask),
      (load) => this.dispatch({ do: 'trace', load }),
    )
    if (!signal.aborted) this.#drawTrace(!again)
  }

  endTrace() {
    this.#tracing.abort()
    this.dispatch({ do: 'traced', ask: null })
    this.#drawTrace(false)
  }

  #drawTrace(fit: boolean) {
    const { trace } = this.state.value
    const lines: Line[] = []
    for (const f of trace.is === 'done' ? trace.value.features : []) if (f.geometry !== null) lines.push(f.geometry)
    this.#drawn = lines.length > 0
    this.#engine?.trace(lines, fit)
  }

  // #ask gets what the selection is about.
  async #ask() {
    this.#asking.abort()
    this.#asking = new AbortController()
    this.#tracing.abort()
    const { link } = this.state.value
    const ask = { asOf: link.asOf, signal: this.#asking.signal }
    this.#show()
    const { selection } = link
    if (selection.kind === 'river') {
      const river = this.#load(
        ask.signal,
        () => readRiver(selection.id, ask),
        (load) => this.dispatch({ do: 'river', load }),
      )
      void this.#load(
        ask.signal,
        () => readProfile(selection.id, ask),
        (load) => this.dispatch({ do: 'profile', load }),
      )
      await river
    }
    if (selection.kind === 'at') {
      const answered = async () => {
        const answer = await readResponsible(selection.at, null, ask)
        const none = answer.rivers.length === 0
        return { answer, beyond: none ? await readResponsible(selection.at, farRadiusM, ask) : null }
      }
      await this.#load(ask.signal, answered, (load) => this.dispatch({ do: 'answer', load }))
    }
    this.#show()
  }

  async #load<T>(signal: AbortSignal, read: () => Promise<T>, put: (load: Load<T>) => void) {
    put({ is: 'loading' })
    try {
      const value = await read()
      if (!signal.aborted) put({ is: 'done', value })
    } catch (cause) {
      if (!signal.aborted) put({ is: 'failed', trouble: troubleOf(cause) })
    }
  }

  #show() {
    const { link, answer, river } = this.state.value
    const answered: Answer | null = answer.is === 'done' ? answer.value.answer : null
    const shown: Shown = {
      riverId: link.selection.kind === 'river' ? link.selection.id : null,
      reachIds: answered === null ? [] : reachesOf(answered),
      at: link.selection.kind === 'at' ? link.selection.at : null,
    }
    this.#engine?.show(shown)
    if (this.state.value.traced === null && this.#drawn) this.#drawTrace(false)
    if (this.#engine !== null && !this.#framed && river.is === 'done' && river.value.bbox !== null) {
      this.#framed = true
      this.#engine.fit(river.value.bbox, river.value.point ?? undefined)
    }
  }

  #push() {
    const camera = this.camera.value
    const url = location.pathname + formatLink(this.state.value.link) + (camera === null ? '' : formatCamera(camera))
    if (location.pathname + location.search !== url.split('#')[0]) history.pushState('hetu', '', url)
  }

  #back() {
    const link = parseLink(location.search)
    const day = link.asOf !== this.state.value.link.asOf
    this.dispatch({ do: 'selected', selection: link.selection })
    if (day) void this.setDay(link.asOf ?? '')
    else void this.#ask()
  }

  #otherLanguage(): string {
    const { link } = this.state.value
    const camera = this.camera.value
    const other = formatLink({ ...link, lang: link.lang === 'en' ? 'zh-CN' : 'en' })
    return `/map${other}${camera === null ? '' : formatCamera(camera)}`
  }
}

function troubleOf(cause: unknown): Trouble {
  if (cause instanceof Fault) return { kind: cause.kind, detail: cause.message, requestId: cause.requestId }
  return { kind: 'network', detail: '', requestId: null }
}
