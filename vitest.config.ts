// Tests run against what ships: `galerkin/<room>` is the built room in dist, loaded by Node itself.
import { defineConfig } from 'vitest/config';

const dist = new URL('./dist/', import.meta.url).pathname;

export default defineConfig({
  resolve: {
    alias: [
      { find: /^galerkin$/, replacement: `${dist}index.js` },
      {
        find: /^galerkin\/(base|observe|store|solve|runtime|graph|compile|model|learn|optimize|serve|control|client)$/,
        replacement: `${dist}$1/index.js`,
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    server: { deps: { external: [/\/dist\//] } },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // What is waited for comes at once, or, on a busy machine, a while later.
    expect: { poll: { timeout: 30_000, interval: 20 } },
  },
});
