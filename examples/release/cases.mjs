// A release of each kind of new version by each strategy, under real load: the good one must get in, the damaged ones must not.
//
//   node examples/release/cases.mjs [strategy …]        (all five strategies: some minutes)
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { learn, serve, solverBackend } from 'galerkin';
import { seededRandom } from 'galerkin/base';
import { finalPhases, openReleases, readReleaseDocument, releaseMigrations } from 'galerkin/control';
import { openRepository, readPackage, sampleSet } from 'galerkin/model';
import { openSql } from 'galerkin/store';
import { versionKinds, writeNewVersion } from './new-version.mjs';
import { startTraffic } from './traffic.mjs';

const model = 'darcy';
const here = fileURLToPath(new URL('.', import.meta.url));
export const strategies = ['canary', 'blue-green', 'rolling', 'ab', 'shadow'];

/** The documents beside this file, with the ends that a try-out wants. */
async function documentOf(strategy) {
  const document = await readReleaseDocument(join(here, `${strategy}.yaml`));
  if (strategy === 'shadow') document.strategy.end = 'promote';
  if (strategy === 'blue-green') document.strategy.watch = '2s';
  if (strategy === 'ab') document.strategy.hold = '12s';
  return document;
}

/** A small surrogate, learnt in some seconds. @returns {Promise<string>} its repository */
export async function learnSmall(folder) {
  await learn('darcy', { preset: 'tiny', epochs: 20, fields: 600, folder });
  return join(folder, 'models');
}

/** Held-out fields as bodies of requests. */
async function bodiesOf(repository) {
  const samples = await sampleSet(await readPackage(repository, model, 1));
  return Array.from({ length: samples.count }, (_, index) => {
    const { shape, data } = samples.input(index);
    return JSON.stringify({ inputs: [{ name: 'a', datatype: 'FP32', shape: [1, ...shape], data: Array.from(data) }] });
  });
}

/** Servers on a copy of the repository that has only the first version, so that the next is new to them. */
async function openStage(repository, replicas) {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-release-'));
  const own = join(folder, 'models');
  await mkdir(join(own, model), { recursive: true });
  await cp(join(repository, model, '1'), join(own, model, '1'), { recursive: true });
  await cp(join(repository, model, 'config.pbtxt'), join(own, model, 'config.pbtxt'));
  await cp(join(repository, 'darcy_solver'), join(own, 'darcy_solver'), { recursive: true });
  const servers = [];
  for (let place = 0; place < replicas; place++) {
    const options = { repository: own, port: 0, grpc: false, metrics: false, threads: 1 };
    servers.push(await serve(options, { backends: [solverBackend()] }));
  }
  const fleet = servers.map(({ traffic }, place) => ({
    name: `replica-${place}`,
    apply: route => traffic.apply(route),
    status: async name => traffic.status(name),
    standing: async name => traffic.standing(name),
    samples: async (name, after, limit) => traffic.samples(name, after, limit),
  }));
  const database = await openSql({ url: join(folder, 'control.db'), migrations: releaseMigrations });
  const desk = await openReleases({
    database,
    fleet: { replicas: async () => fleet },
    repository: openRepository(own),
    random: seededRandom(1),
    by: 'example',
  });
  desk.run();
  const close = async () => {
    await desk.close();
    await database.close();
    for (const server of servers) await server.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { own, servers, desk, close };
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Ends with the release, or when the time is over. */
async function ended(desk, id, limitMs) {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const status = await desk.status(id);
    if (finalPhases.includes(status.phase) || Date.now() > untilMs) return status;
    await pause(50);
  }
}

/**
 * One release under load, from the new version's arrival to its end and half a second beyond.
 * @param {{ repository: string, strategy: string, kind: string, requestsPerSecond?: number, limitMs?: number }} options
 */
export async function runCase({ repository, strategy, kind, requestsPerSecond = 100, limitMs = 60_000 }) {
  const stage = await openStage(repository, strategy === 'rolling' ? 3 : 1);
  const { own, servers, desk, close } = stage;
  const urls = servers.map(({ url }) => url);
  const traffic = startTraffic({ urls, model, bodies: await bodiesOf(own), requestsPerSecond });
  try {
    await pause(300);
    const { version } = await writeNewVersion(kind, own, model);
    const document = { ...(await documentOf(strategy)), version };
    const startMs = Date.now();
    const { id } = await desk.start(document, { by: 'example', why: `a ${kind} version` });
    const status = await ended(desk, id, limitMs);
    const endMs = Date.now();
    await pause(500);
    const total = await traffic.stop();
    const by = (tally, key) => tally.byVersion[key] ?? 0;
    return {
      strategy,
      kind,
      phase: status.phase,
      reason: status.reason,
      seconds: (endMs - startMs) / 1000,
      requests: total.sent,
      candidateAnswers: by(total, version),
      /** When the last request was sent that each version answered. */
      lastSentMs: { stable: total.lastSentMs[1], candidate: total.lastSentMs[version] },
      failed: total.failed,
      evidence: await desk.evidence(id),
    };
  } finally {
    await traffic.stop().catch(() => undefined);
    await close();
  }
}

async function main(wanted) {
  const folder = await mkdtemp(join(tmpdir(), 'galerkin-learnt-'));
  try {
    const repository = await learnSmall(folder);
    for (const strategy of wanted.length > 0 ? wanted : strategies) {
      for (const kind of versionKinds) {
        const { evidence: _evidence, ...row } = await runCase({ repository, strategy, kind });
        const failures = Object.values(row.failed).reduce((sum, count) => sum + count, 0);
        console.log(
          `${strategy.padEnd(10)} ${kind.padEnd(10)} ${row.phase.padEnd(8)} ${row.seconds.toFixed(1).padStart(5)} s  ` +
            `${row.candidateAnswers} of ${row.requests} answered by it, ${failures} failed: ${row.reason}`,
        );
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
