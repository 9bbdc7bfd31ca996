// One real model, learned once for these tests, and a real server for it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { learn } from 'galerkin/learn';
import { processBackend, type Server, serve } from 'galerkin/serve';

const fromDist = (path: string) => new URL(`../../dist/${path}`, import.meta.url);

export interface ServedModel {
  readonly start: (port?: number) => Promise<Server>;
  readonly remove: () => Promise<void>;
}

/** Learns the preset `tiny` in a temporary folder; `start` serves it with the studio and the solver. */
export async function learnTiny(): Promise<ServedModel> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-studio-'));
  await learn('darcy', { preset: 'tiny', folder, seed: 1 }, {});
  const solver = processBackend({ name: 'galerkin_solver', entry: fromDist('cli/solver-process.js') });
  return {
    start: (port = 0) =>
      serve(
        { repository: join(folder, 'models'), port, studioFolder: fileURLToPath(fromDist('web')) },
        { backends: [solver] },
      ),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
