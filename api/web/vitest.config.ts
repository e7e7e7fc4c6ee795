import { defineConfig } from 'vitest/config'
import { Counts } from './build/counts.ts'

export default defineConfig({
  test: { include: ['src/**/*.test.ts'], environment: 'node', reporters: ['default', new Counts()] },
})
