import { defineConfig } from 'vite'

// Three entries: the map, and of the server's own pages the locate button and who is logged in. The server reads manifest.json for their names.
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
    rolldownOptions: { input: ['src/map.tsx', 'src/near.ts', 'src/who.ts'] },
  },
  worker: { format: 'es' },
})
