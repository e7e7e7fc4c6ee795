import { defineConfig } from 'vite'

// Two entries: the map, and the locate button of the server's own pages. The server reads manifest.json for their names.
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: false,
    manifest: 'manifest.json',
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    rolldownOptions: { input: ['src/map.tsx', 'src/near.ts'] },
  },
  worker: { format: 'es' },
})
