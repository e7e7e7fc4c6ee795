// Decodes vector tiles as the renderers do, for the Go tests: reads one tile a line from standard input, in base64, and writes
// one line of JSON for each: its features, or null if it cannot be read.
import { createInterface } from 'node:readline'
import { VectorTile } from '@mapbox/vector-tile'
import { PbfReader } from 'pbf'

const kinds = ['UNKNOWN', 'POINT', 'LINESTRING', 'POLYGON']

function decode(bytes) {
  const features = []
  for (const [name, layer] of Object.entries(new VectorTile(new PbfReader(bytes)).layers)) {
    for (let i = 0; i < layer.length; i++) {
      const feature = layer.feature(i)
      features.push({
        layer: name,
        id: feature.id ?? 0,
        type: kinds[feature.type],
        parts: feature.type === 0 ? null : feature.loadGeometry().map((part) => part.map((p) => [p.x, p.y])),
        properties: feature.properties,
      })
    }
  }
  return features
}

for await (const line of createInterface({ input: process.stdin })) {
  let features = null
  try {
    features = decode(Buffer.from(line, 'base64'))
  } catch (cause) {
    process.stderr.write(`${cause}\n`)
  }
  process.stdout.write(`${JSON.stringify(features)}\n`)
}
