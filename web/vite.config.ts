// How the studio is built: static files under dist/web, served at /studio/, closed by a content security policy.
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Only the built page carries the policy: the development server injects inline scripts. */
const contentSecurityPolicy: Plugin = {
  name: 'content-security-policy',
  apply: 'build',
  transformIndexHtml: () => [
    { tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', content: policy }, injectTo: 'head-prepend' },
  ],
};

export default defineConfig({
  root: here('.'),
  base: '/studio/',
  plugins: [contentSecurityPolicy],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/web'),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  // `npx vite web` while the server runs on its usual port.
  server: {
    proxy: {
      ...Object.fromEntries(
        ['/v2', '/models', '/predict', '/health', '/stats', '/releases'].map(path => [path, 'http://127.0.0.1:8000']),
      ),
      '/ws': { target: 'ws://127.0.0.1:8000', ws: true },
    },
  },
});
