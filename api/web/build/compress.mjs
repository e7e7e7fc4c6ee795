// Writes .br and .gz beside each text file of dist, so that the server never compresses a file that does not change.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const root = new URL('../dist/', import.meta.url).pathname
let files = 0
for (const entry of readdirSync(root, { recursive: true })) {
  const path = join(root, String(entry))
  if (!/\.(?:m?js|css|svg)$/.test(path) || !statSync(path).isFile()) continue
  const body = readFileSync(path)
  writeFileSync(`${path}.gz`, gzipSync(body, { level: 9 }))
  writeFileSync(`${path}.br`, brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
  files += 1
}
process.stdout.write(`compressed ${files} files\n`)
