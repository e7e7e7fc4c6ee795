import { defineConfig } from 'vitest/config'
import { Counts } from './build/counts.ts'

// One browser, one file after the other: the machine that tests may have two cores and draws WebGL in software.
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    globalSetup: ['e2e/server.ts'],
    environment: 'node',
    reporters: ['default', new Counts()],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 180_000,
  },
})
