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
  if (strategy === 'blue-green') document.strategy.watch = '1s';
  // Not long enough for a proof, maybe: then it is given its time once more.
  if (strategy === 'ab')
    Object.assign(document, { inconclusive: 'pause', strategy: { ...document.strategy, hold: '3s' } });
  return document;
}

/** A small surrogate, learnt in some seconds. @returns {Promise<string>} its repository */
export async function learnSmall(folder, { epochs = 20, fields = 600 } = {}) {
  await learn('darcy', { preset: 'tiny', epochs, fields, folder });
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

/**
 * Servers on a copy of the repository that has only the first version, so that the next is new to them.
 * @param {string} repository @param {string} strategy rolling wants three servers
 */
export async function openStage(repository, strategy) {
  const replicas = strategy === 'rolling' ? 3 : 1;
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
    tickMs: 100,
  });
  desk.run();
  const close = async () => {
    await desk.close();
    await database.close();
    for (const server of servers) await server.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { strategy, own, urls: servers.map(({ url }) => url), bodies: await bodiesOf(own), desk, close };
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Ends with the release, or when the time is over. */
async function ended(desk, id, limitMs) {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const status = await desk.status(id);
    if (finalPhases.includes(status.phase) || Date.now() > untilMs) return status;
    if (status.phase === 'paused') await desk.command(id, 'resume', { by: 'example', why: 'no proof yet' });
    await pause(50);
  }
}

/** Until so many more requests were answered. */
async function answered(traffic, count) {
  const { answered: before } = await traffic.tally();
  while ((await traffic.tally()).answered < before + count) await pause(20);
}

/**
 * @typedef {object} CaseOptions
 * @property {string} kind of new version
 * @property {number} [work] of a slow version, in products of matrices
 * @property {object} [judge] instead of the document's
 * @property {number} [requestsPerSecond] 100 unless stated
 * @property {number} [mostInFlight] unanswered requests
 * @property {number} [limitMs] after which it is left to itself
 */

/**
 * One release under load, from the new version's arrival to its end and some requests beyond.
 * @param {CaseOptions & { stage: Awaited<ReturnType<typeof openStage>> }} options
 */
export async function runOn({ stage, kind, work, judge, limitMs = 60_000, ...load }) {
  const { strategy, own, urls, bodies, desk } = stage;
  const { requestsPerSecond = 100, mostInFlight } = load;
  const traffic = startTraffic({ urls, model, bodies, requestsPerSecond, mostInFlight });
  try {
    await answered(traffic, 20);
    const { version } = await writeNewVersion(kind, own, model, { work });
    const document = { ...(await documentOf(strategy)), version, ...(judge && { judge }) };
    const startMs = Date.now();
    const { id, baseline } = await desk.start(document, { by: 'example', why: `a ${kind} version` });
    const status = await ended(desk, id, limitMs);
    const endMs = Date.now();
    await answered(traffic, 50);
    const total = await traffic.stop();
    return {
      strategy,
      kind,
      phase: status.phase,
      reason: status.reason,
      seconds: (endMs - startMs) / 1000,
      requests: total.sent,
      candidateAnswers: total.byVersion[version] ?? 0,
      /** When the last request was sent that each version answered. */
      lastSentMs: { stable: total.lastSentMs[baseline], candidate: total.lastSentMs[version] },
      failed: total.failed,
      evidence: await desk.evidence(id),
    };
  } finally {
    await traffic.stop().catch(() => undefined);
  }
}

/**
 * The same on servers of its own.
 * @param {CaseOptions & { repository: string, strategy: string }} options
 */
export async function runCase({ repository, strategy, ...rest }) {
  const stage = await openStage(repository, strategy);
  try {
    return await runOn({ stage, ...rest });
  } finally {
    await stage.close();
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
