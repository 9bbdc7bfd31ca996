// Servers of 'scale' as users start them, and the release commands against them.
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StatusAnswer } from 'galerkin/control';
import { type Finished, type Running, run, start } from '../end-to-end/galerkin.js';
import { scaleBy, scaleConfig } from '../serve/fixtures/plain-repository.js';

export interface Place {
  /** Holds `models` and whatever the server puts beside it. */
  readonly folder: string;
  readonly models: string;
  addVersion(version: number, factor: number): Promise<void>;
  /** A release document in a file; returns its path. */
  document(name: string, text: string): Promise<string>;
  dispose(): Promise<void>;
}

export async function releasePlace(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-release-'));
  const models = join(folder, 'models');
  await mkdir(join(models, 'scale'), { recursive: true });
  await writeFile(join(models, 'scale', 'config.pbtxt'), scaleConfig());
  const place: Place = {
    folder,
    models,
    async addVersion(version, factor) {
      const staged = join(folder, `staged-${version}`);
      await mkdir(staged);
      await writeFile(join(staged, 'model.onnx'), scaleBy(factor));
      await rename(staged, join(models, 'scale', String(version)));
    },
    async document(name, text) {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
  await place.addVersion(1, 1);
  return place;
}

export interface ServerProcess {
  readonly running: Running;
  readonly url: string;
  readonly port: number;
  status(id: string): Promise<StatusAnswer>;
  /** Which versions answer `count` requests, and how many failed. */
  ask(count: number): Promise<{ versions: Record<string, number>; failed: number }>;
  /** As an operator stops it. */
  stop(): Promise<Finished>;
  /** As the out-of-memory killer stops it. */
  kill(): Promise<void>;
}

const question = { model: 'scale', inputs: { x: [1, 2, 3, 4] } };

export async function serveThere(place: Place, args: readonly string[] = []): Promise<ServerProcess> {
  const ports = args.includes('--port') ? [] : ['--port', '0'];
  const running = start(
    ['serve', place.models, '--no-grpc', '--no-metrics', '--json', ...ports, ...args],
    place.folder,
  );
  const { url, port } = await running.firstJson;
  const server = String(url);
  return {
    running,
    url: server,
    port: Number(port),
    status: async id => (await fetch(`${server}/releases/${id}`)).json(),
    async ask(count) {
      const versions: Record<string, number> = {};
      let failed = 0;
      for (let k = 0; k < count; k++) {
        const answer = await fetch(`${server}/predict`, { method: 'POST', body: JSON.stringify(question) });
        const { version } = await answer.json();
        if (answer.ok) versions[version] = (versions[version] ?? 0) + 1;
        else failed++;
      }
      return { versions, failed };
    },
    async stop() {
      running.child.kill('SIGTERM');
      return running.finished;
    },
    async kill() {
      running.child.kill('SIGKILL');
      await running.finished;
    },
  };
}

export const release = (place: Place, server: ServerProcess, args: readonly string[]): Promise<Finished> =>
  run(['release', ...args, '--server', server.url], place.folder);

/** Judged by failures alone: the time of a test machine says nothing. */
export const canary = (hold: string, more = ''): string => `# a test
model: scale
version: 2
strategy:
  kind: canary
  steps:
    - { weight: 50%, hold: ${hold} }
judge:
  minSamples: 20
  criteria:
    - { metric: error-rate, margin: 20% }
${more}`;

/** Goes on until somebody says a word. */
export const patient = canary('1h').replace('hold: 1h }', 'hold: 1h, approve: true }');
