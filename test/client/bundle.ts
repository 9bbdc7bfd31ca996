// The client as a page gets it: one file for browsers, made by Vite without any Node stand-ins.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Bundles `galerkin/client` into `<folder>/client.js` and gives its text. */
export async function bundleClient(folder: string): Promise<string> {
  await build({
    configFile: false,
    logLevel: 'silent',
    root: folder,
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'es2022',
      minify: true,
      lib: {
        entry: fileURLToPath(new URL('../../dist/client/index.js', import.meta.url)),
        formats: ['es'],
        fileName: () => 'client.js',
      },
    },
  });
  return readFile(join(folder, 'client.js'), 'utf8');
}
