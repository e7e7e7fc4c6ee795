// What the server answers, and how a fault of it is told. The shapes follow /api/v1.

export type LonLat = readonly [number, number]
export type Box = readonly [number, number, number, number]
export type Bank = 'left' | 'right' | 'both' | 'centre'
export type Level = 1 | 2 | 3 | 4 | 5 | 6

export type Name = { id: number; name: string; name_en: string | null; code: string | null }

export type River = {
  id: number
  code: string | null
  name: string
  name_en: string | null
  kind: 'river' | 'gully' | 'canal' | 'ditch'
  levels: Level[]
  perennial: boolean | null
}

export type ListedRiver = River & {
  aliases: string[] | null
  division: Name | null
  flows_into: Name | null
  basin_area_km2: number | null
  length_m: number | null
  source_place: string | null
  mouth_place: string | null
  point: LonLat | null
  bbox: Box | null
}

export type Reach = {
  id: number
  code: string | null
  name: string | null
  level: Level
  from_m: number
  to_m: number
  bank_scope: Bank
  start_place: string | null
  end_place: string | null
  from_label: string
  to_label: string
}

export type RiverReach = Reach & { division: Name; point: LonLat }
export type RiverDetail = ListedRiver & { tributaries: Name[] | null; reaches: RiverReach[] | null }

export type Place = {
  code: string | null
  kind: 'division' | 'board'
  id: number
  name: string
  name_en: string | null
  division: string | null
  point: LonLat
  bbox: Box | null
}

export type Division = { id: number; code: string; name: string; name_en: string | null; level: Level; kind: string }

export type Holder = {
  person: string
  position: string | null
  acting: boolean
  since: string | null
  publish_date: string | null
  document: string | null
  note: string | null
}

export type Role =
  | 'head_chief'
  | 'deputy_head_chief'
  | 'chief'
  | 'lake_chief'
  | 'reservoir_chief'
  | 'civil_chief'
  | 'militia_chief'
  | 'river_police'

export type Seat = {
  id: number
  level: Level
  role: Role
  dual_role: 'party' | 'government' | 'none'
  title: string
  responsible_unit: string | null
  phone_public: string | null
  vacant: boolean
  vacant_since: string | null
  holder: Holder | null
}

export type ReachHere = Reach & { division: Division | null; posts: Seat[] | null }
export type OnBank = { bank: Bank; levels: { level: Level; reaches: ReachHere[] }[]; missing_levels: Level[] | null }
export type BoardState = 'ok' | 'tilted' | 'broken' | 'deformed' | 'faded' | 'aged'

export type BoardAt = {
  id: number
  page: string
  code: string | null
  level: Level
  site_text: string | null
  state: BoardState
  installed_on: string | null
  content_date: string | null
  stale: boolean
  stale_since: string | null
  point: LonLat
  distance_m: number
}

export type RiverFound = {
  river: River
  how: 'inside_area' | 'nearest_bank' | 'nearest_centre'
  distance_m: number
  measure_m: number
  measure_label: string
  bank: Bank
  beyond_end: boolean
  point: LonLat
  confidence: 'high' | 'medium' | 'low'
  banks: OnBank[]
  river_posts: Seat[]
  head_chiefs: { division: Division; posts: Seat[] }[]
  boards: BoardAt[]
}

export type Answer = { lon: number; lat: number; as_of: string; radius_m: number; tie: boolean; rivers: RiverFound[] }

// How a post or a reach stands; what is missing is told by the name of the rule that finds it.
export type Lack = 'no_reach' | 'no_chief_post' | 'chief_vacant' | 'chief_acting' | 'seat_vacant'
export type ItemKind = 'gap' | 'reach' | 'boundary' | 'tributary' | 'section' | 'outfall' | 'board'

export type ProfileItem = {
  kind: ItemKind
  id: number | null
  code: string | null
  name: string | null
  level: Level | null
  bank: Bank
  from_m: number
  to_m: number
  from_label: string
  to_label: string
  division: Name | null
  type: string | null
  state: string | null
  target_class: number | null
  stale_since: string | null
  posts: Seat[]
  point: LonLat
  offset_m: number | null
}

export type ProfileRoute = {
  route_id: number
  from_m: number
  to_m: number
  from_label: string
  to_label: string
  rises_m: number
  ends_m: number
  items: ProfileItem[]
}

export type Profile = { gaps: number; routes: ProfileRoute[] }

export type Mode = 'UM' | 'UT' | 'DM' | 'DD'

export type Line = { type: 'LineString'; coordinates: [number, number][] }

// A part of a trace: the stretch of a route that the water takes.
export type Part = {
  type: 'Feature'
  geometry: Line | null
  properties: {
    route_id: number
    river: Name | null
    from_label: string
    to_label: string
    distance_m: number
    distance_end_m: number
    length_m: number
  }
}

export type Trace = { type: 'FeatureCollection'; features: Part[]; length_m: number; truncated: boolean }

export type TileJson = { tiles: string[]; minzoom: number; maxzoom: number; bounds: Box; attribution?: string }

// A fault as the reader meets it: the network, or the server's own problem document.
export class Fault extends Error {
  readonly kind: 'network' | 'server' | 'missing' | 'refused'
  readonly requestId: string | null

  constructor(kind: Fault['kind'], detail: string, requestId: string | null) {
    super(detail)
    this.name = 'Fault'
    this.kind = kind
    this.requestId = requestId
  }
}

export type Ask = { asOf: string | null; signal: AbortSignal }

async function get<T>(path: string, params: Readonly<Record<string, string>>, ask: Ask): Promise<T> {
  const query = new URLSearchParams(params)
  if (ask.asOf !== null) query.set('as_of', ask.asOf)
  const text = query.toString()
  let answer: Response
  try {
    answer = await fetch(text === '' ? path : `${path}?${text}`, {
      signal: ask.signal,
      headers: { Accept: 'application/json' },
    })
  } catch (cause) {
    if (ask.signal.aborted) throw cause
    throw new Fault('network', '', null)
  }
  const id = answer.headers.get('X-Request-Id')
  if (!answer.ok) throw new Fault(kindOf(answer.status), await detailOf(answer), id)
  try {
    return (await answer.json()) as T
  } catch (cause) {
    if (ask.signal.aborted) throw cause
    throw new Fault('server', '', id)
  }
}

function kindOf(status: number): Fault['kind'] {
  if (status === 404) return 'missing'
  return status >= 500 ? 'server' : 'refused'
}

async function detailOf(answer: Response): Promise<string> {
  try {
    const problem: unknown = await answer.json()
    if (typeof problem === 'object' && problem !== null && 'detail' in problem && typeof problem.detail === 'string') {
      return problem.detail
    }
  } catch {
    // Not a problem document: the status has to do.
  }
  return `HTTP ${answer.status}`
}

export async function findRivers(q: string, limit: number, ask: Ask): Promise<ListedRiver[]> {
  const params: Record<string, string> = { limit: String(limit) }
  if (q !== '') params['q'] = q
  const answer = await get<{ rivers: ListedRiver[] | null }>('/api/v1/rivers', params, ask)
  return answer.rivers ?? []
}

export async function findPlaces(q: string, ask: Ask): Promise<Place[]> {
  const answer = await get<{ places: Place[] | null }>('/api/v1/places', { q }, ask)
  return answer.places ?? []
}

export function readRiver(id: number, ask: Ask): Promise<RiverDetail> {
  return get<RiverDetail>(`/api/v1/rivers/${id}`, {}, ask)
}

export function readProfile(id: number, ask: Ask): Promise<Profile> {
  return get<Profile>(profilePath(id), {}, ask)
}

function profilePath(id: number): string {
  return `/api/v1/hydro/rivers/${id}/profile`
}

export function profileFile(id: number, form: 'csv' | 'xlsx' | 'geojson', asOf: string | null): string {
  return `${profilePath(id)}?${new URLSearchParams({ f: form, ...(asOf === null ? {} : { as_of: asOf }) })}`
}

// A trace starts at a measure of a route of a river and goes so many kilometres along the water.
// label is at as it is shown: the cursor may have moved on since.
export type TraceAsk = { river: number; route: number | null; at: string; label: string; mode: Mode; km: number }

function tracePath(a: TraceAsk): string {
  return `/api/v1/hydro/rivers/${a.river}/navigation/${a.mode}/flowlines`
}

function traceParams(a: TraceAsk): Record<string, string> {
  const params: Record<string, string> = { distance: String(a.km), at: a.at, geometry: 'true' }
  if (a.route !== null) params['route'] = String(a.route)
  return params
}

export function readTrace(a: TraceAsk, ask: Ask): Promise<Trace> {
  return get<Trace>(tracePath(a), traceParams(a), ask)
}

export function traceFile(a: TraceAsk, asOf: string | null): string {
  return `${tracePath(a)}?${new URLSearchParams({ ...traceParams(a), ...(asOf === null ? {} : { as_of: asOf }) })}`
}

export function readResponsible(at: LonLat, radiusM: number | null, ask: Ask): Promise<Answer> {
  const params: Record<string, string> = { lon: String(at[0]), lat: String(at[1]) }
  if (radiusM !== null) params['radius'] = String(radiusM)
  return get<Answer>('/api/v1/responsible', params, ask)
}

export async function readTileJson(ask: Ask): Promise<TileJson> {
  const doc = await get<TileJson>('/tiles/public/tilejson.json', {}, ask)
  // The worker has no page to resolve a path against.
  return { ...doc, tiles: doc.tiles.map((t) => (t.startsWith('/') ? location.origin + t : t)) }
}
