// A fixture and all that it imports as one file: a child that is started a hundred times starts in half the time.
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

/** Bundles `fixture` (a module without native parts) into `folder`. @returns the file to run */
export async function bundled(fixture: URL, folder: string): Promise<URL> {
  const path = fileURLToPath(fixture);
  await build({
    configFile: false,
    logLevel: 'error',
    root: dirname(path),
    ssr: { noExternal: true },
    build: { ssr: path, outDir: folder, emptyOutDir: false, minify: false },
  });
  return pathToFileURL(join(folder, basename(path).replace(/\.mjs$/, '.js')));
}
