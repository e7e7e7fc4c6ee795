// A file that hetu wrote, read by the readers that others have: the pmtiles package, MapLibre through it, and GDAL.
import { execFile } from 'node:child_process'
import { type FileHandle, mkdir, mkdtemp, open as openFile, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { PMTiles, type RangeResponse, type Source } from 'pmtiles'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { desktop, launch, mapReady, open, shotsFolder } from './browser'
import { riverOf } from './sample'

const url = inject('url')
const maxZoom = 16 // so many tiles that they do not all stand in the root directory
let folder: string
let file: FileHandle
let archive: PMTiles
let place: readonly [number, number]

// InFile reads an archive on this machine as the package reads one on a web server.
class InFile implements Source {
  private readonly file: FileHandle
  constructor(of: FileHandle) {
    this.file = of
  }
  getKey(): string {
    return 'the file'
  }
  async getBytes(offset: number, length: number): Promise<RangeResponse> {
    const b = new Uint8Array(length)
    const { bytesRead } = await this.file.read(b, 0, length, offset)
    return { data: b.buffer.slice(0, bytesRead) }
  }
}

beforeAll(async () => {
  const bin = process.env['HETU_BIN']
  if (bin === undefined || bin === '') throw new Error('set HETU_BIN to the built hetu')
  folder = await mkdtemp(join(tmpdir(), 'hetu-pmtiles-'))
  const out = join(folder, 'sample.pmtiles')
  const hetu = (...args: string[]) =>
    promisify(execFile)(bin, [...args, '--data-dir', join(folder, 'data')], { timeout: 150_000 })
  await hetu('sample', 'load')
  await hetu('export', 'pmtiles', out, '--maxzoom', `${maxZoom}`)
  file = await openFile(out)
  archive = new PMTiles(new InFile(file))
  const { point } = await riverOf(url, '哈德门沟')
  if (point === null) throw new Error('哈德门沟 has no line')
  place = point
})
afterAll(async () => {
  await file?.close()
  await rm(folder, { recursive: true, force: true })
})

// tileAt is the tile of a zoom that a place lies in.
function tileAt(z: number, [lon, lat]: readonly [number, number]): [x: number, y: number] {
  const n = 2 ** z
  const y = (1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2
  return [Math.floor(((lon + 180) / 360) * n), Math.floor(y * n)]
}

describe('pmtiles', () => {
  it('reads the header and the metadata', async () => {
    const header = await archive.getHeader()
    expect(header).toMatchObject({
      specVersion: 3,
      clustered: true,
      internalCompression: 2,
      tileCompression: 2,
      tileType: 1,
      maxZoom,
    })
    expect(header.numAddressedTiles).toBeGreaterThan(header.numTileContents)
    expect(header.leafDirectoryLength).toBeGreaterThan(0)
    expect(header.minLon < place[0] && place[0] < header.maxLon).toBe(true)
    expect(header.minLat < place[1] && place[1] < header.maxLat).toBe(true)
    const metadata = (await archive.getMetadata()) as {
      attribution: string
      vector_layers: { id: string; fields: Record<string, string> }[]
    }
    expect(metadata.attribution).toContain('示意数据')
    expect(metadata.vector_layers.find((l) => l.id === 'river')?.fields).toMatchObject({
      name: 'String',
      order: 'Number',
    })
  })

  it('has the tiles that the server answers with, and none where it has none', async () => {
    let found = 0
    let empty = 0
    for (let z = 0; z <= maxZoom; z++) {
      const [x, y] = tileAt(z, place)
      const around = [-1, 0, 1, 9].flatMap((dx) => [-1, 0, 1, 9].map((dy) => [x + dx, y + dy] as const))
      for (const [tx, ty] of around) {
        if (tx < 0 || ty < 0 || tx >= 2 ** z || ty >= 2 ** z) continue
        const [there, answer] = await Promise.all([
          archive.getZxy(z, tx, ty),
          fetch(`${url}/tiles/public/${z}/${tx}/${ty}.mvt`),
        ])
        const want = Buffer.from(await answer.arrayBuffer())
        expect(answer.status, `${z}/${tx}/${ty}`).toBe(there === undefined ? 204 : 200)
        expect(Buffer.from(there?.data ?? new ArrayBuffer(0)).equals(want), `${z}/${tx}/${ty}`).toBe(true)
        if (there === undefined) empty++
        else found++
      }
    }
    expect(found).toBeGreaterThan(50)
    expect(empty).toBeGreaterThan(5)
  })
})

// What the test asks of GDAL, as gdal3.js has it: built for WebAssembly, because the one of Debian 12 does not know PMTiles.
interface Gdal {
  open(path: string, options: string[]): Promise<{ datasets: object[]; errors: unknown[] }>
  getInfo(dataset: object): Promise<{ driverName: string; layers: { name: string; featureCount: number }[] }>
  ogr2ogr(dataset: object, options: string[]): Promise<object>
  getFileBytes(file: object): Promise<Uint8Array>
}

describe('GDAL', () => {
  it('reads the layers, their features and where they lie', async () => {
    const start = createRequire(import.meta.url)('gdal3.js/node') as () => Promise<Gdal>
    const gdal = await start()
    const { datasets, errors } = await gdal.open(join(folder, 'sample.pmtiles'), ['ZOOM_LEVEL=12'])
    expect(errors).toEqual([])
    const [dataset] = datasets
    if (dataset === undefined) throw new Error('GDAL opened nothing')
    const info = await gdal.getInfo(dataset)
    expect(info.driverName).toBe('ProtoMap Tiles')
    const layers = new Set(info.layers.map((l) => l.name))
    for (const name of ['board', 'division', 'reach', 'river', 'river_label', 'section']) expect(layers).toContain(name)
    const file = await gdal.ogr2ogr(dataset, ['-f', 'GeoJSON', '-t_srs', 'EPSG:4326', '-sql', 'SELECT * FROM river'])
    const { features } = JSON.parse(new TextDecoder().decode(await gdal.getFileBytes(file))) as {
      features: { properties: { name?: string }; geometry: { coordinates: unknown } }[]
    }
    const gully = features.filter((f) => f.properties.name === '哈德门沟')
    expect(gully.length).toBeGreaterThan(0)
    // The place lies on the river; a vertex of it is within some hundred metres.
    const near = gully.flatMap((f) => (f.geometry.coordinates as unknown[]).flat(9) as number[])
    const apart = near.flatMap((lon, i) =>
      i % 2 === 0 ? [Math.max(Math.abs(lon - place[0]), Math.abs((near[i + 1] ?? 0) - place[1]))] : [],
    )
    expect(Math.min(...apart)).toBeLessThan(0.005)
  })
})

// What the page of the next test is made of, and the file by ranges, as any web server gives it.
async function serveFile(): Promise<Server> {
  const require = createRequire(import.meta.url)
  const mapLibre = dirname(require.resolve('maplibre-gl/package.json'))
  const files: Record<string, [type: string, path: string]> = {
    '/maplibre-gl.mjs': ['text/javascript', join(mapLibre, 'dist/maplibre-gl.mjs')],
    '/maplibre-gl-shared.mjs': ['text/javascript', join(mapLibre, 'dist/maplibre-gl-shared.mjs')],
    '/maplibre-gl-worker.mjs': ['text/javascript', join(mapLibre, 'dist/maplibre-gl-worker.mjs')],
    '/maplibre-gl.css': ['text/css', join(mapLibre, 'dist/maplibre-gl.css')],
    '/pmtiles.js': ['text/javascript', join(dirname(require.resolve('pmtiles/package.json')), 'dist/pmtiles.js')],
  }
  const answer = async (q: IncomingMessage, a: ServerResponse) => {
    const path = q.url ?? ''
    const named = files[path]
    const range = /^bytes=(\d+)-(\d+)$/.exec(q.headers.range ?? '')
    if (path === '/') {
      a.setHeader('content-type', 'text/html; charset=utf-8')
      a.end(page)
    } else if (named !== undefined) {
      a.setHeader('content-type', named[0])
      a.end(await readFile(named[1]))
    } else if (path === '/sample.pmtiles' && range !== null) {
      const { size } = await file.stat()
      const from = Number(range[1])
      const b = Buffer.alloc(Math.max(Math.min(Number(range[2]) + 1, size) - from, 0))
      await file.read(b, 0, b.length, from)
      a.writeHead(206, { 'content-range': `bytes ${from}-${from + b.length - 1}/${size}`, etag: '"1"' })
      a.end(b)
    } else {
      a.writeHead(path === '/favicon.ico' ? 204 : 404)
      a.end()
    }
  }
  const server = createServer((q, a) => {
    answer(q, a).catch(() => a.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const page = `<!doctype html><html lang="en"><title>A file in MapLibre</title>
<link rel="stylesheet" href="/maplibre-gl.css"><style>html, body, #map { height: 100%; margin: 0 }</style>
<body><div id="map"></div><script src="/pmtiles.js"></script><script type="module">
import { Map, addProtocol, setWorkerUrl } from '/maplibre-gl.mjs'
setWorkerUrl('/maplibre-gl-worker.mjs')
addProtocol('pmtiles', new pmtiles.Protocol({ metadata: true }).tile)
const [lon, lat] = location.hash.slice(1).split(',').map(Number)
const map = new Map({
  container: 'map', center: [lon, lat], zoom: 11, fadeDuration: 0,
  style: { version: 8, sources: { hetu: { type: 'vector', url: 'pmtiles://' + location.origin + '/sample.pmtiles' } }, layers: [
    { id: 'ground', type: 'background', paint: { 'background-color': '#ffffff' } },
    { id: 'division', type: 'fill', source: 'hetu', 'source-layer': 'division', paint: { 'fill-color': '#eeeecc', 'fill-outline-color': '#888888' } },
    { id: 'river', type: 'line', source: 'hetu', 'source-layer': 'river', paint: { 'line-color': '#0000ff', 'line-width': 2 } },
  ] },
})
map.on('idle', () => { document.body.dataset.map = 'idle' })
window.__map = map
</script></body></html>`

describe('MapLibre', () => {
  let browser: Browser
  let server: Server
  beforeAll(async () => {
    browser = await launch()
    server = await serveFile()
  })
  afterAll(async () => {
    await browser.close()
    server.close()
  })

  it('draws the file', async () => {
    const { page, faults, done } = await open(browser, { viewport: desktop })
    const { port } = server.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/#${place.join()}`)
    await mapReady(page)
    const names = (await page.evaluate(
      `__map.queryRenderedFeatures({ layers: ['river'] }).map((f) => f.properties.name)`,
    )) as string[]
    expect(names).toContain('哈德门沟')
    expect(await page.locator('.maplibregl-ctrl-attrib').textContent()).toContain('示意数据')
    // Blue where the rivers are.
    const blue = (await page.evaluate(`new Promise((resolve) => {
      const canvas = document.createElement('canvas'), source = document.querySelector('canvas')
      canvas.width = source.width; canvas.height = source.height
      __map.once('render', () => {
        const c = canvas.getContext('2d'); c.drawImage(source, 0, 0)
        const d = c.getImageData(0, 0, canvas.width, canvas.height).data
        let n = 0
        for (let i = 0; i < d.length; i += 4) if (d[i] < 60 && d[i + 1] < 60 && d[i + 2] > 200) n++
        resolve(n)
      })
      __map.triggerRepaint()
    })`)) as number
    expect(blue).toBeGreaterThan(500)
    const shots = shotsFolder()
    if (shots !== null) {
      await mkdir(shots, { recursive: true })
      await page.screenshot({ path: join(shots, 'pmtiles.png') })
    }
    expect(faults).toEqual([])
    await done()
  })
})
