import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import process from 'node:process'
import { defineConfig } from 'vitest/config'
import { precompressed } from './precompressed.plugin.ts'
import { serviceWorker } from './service-worker.plugin.ts'

/** `npm run dev` serves the client itself and passes everything else on to a running `hutong serve`. */
const server = process.env['HUTONG_URL'] ?? 'http://127.0.0.1:8300'

export default defineConfig({
  plugins: [svelte(), svelteTesting(), serviceWorker(), precompressed()],
  build: {
    target: ['chrome120', 'firefox121', 'safari17'],
    sourcemap: true,
    // Before compression; the first load is held to 250 KB compressed.
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // Each file costs a slow network a round trip: what is needed at once comes as one file.
        codeSplitting: {
          groups: [
            { name: 'door', tags: ['$initial'], priority: 2 },
            { name: 'rooms', test: /[\\/]src[\\/]shell[\\/]rooms\.ts$/, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/link': { target: server, ws: true, changeOrigin: true } },
  },
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
    // Component tests say `// @vitest-environment jsdom` at their top.
    passWithNoTests: false,
    maxWorkers: 1,
    testTimeout: 20_000,
    // Vitest empties style sheets; this one is read by the test of its contrasts.
    css: { include: /tokens\.css/ },
  },
})
