// Empties dist but for .keep, which git holds so that the Go package compiles before any build.
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const root = new URL('../dist/', import.meta.url).pathname
for (const name of readdirSync(root)) {
  if (name !== '.keep') rmSync(join(root, name), { recursive: true })
}
