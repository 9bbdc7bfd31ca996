// The learned adviser of releases: how well it ranks, how honest its probability is, how often it is sure and wrong, and what it costs.
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { seededRandom } from 'galerkin/base';
import {
  drawTruth,
  type Examples,
  features,
  makeExamples,
  noChange,
  openAdviser,
  probabilitiesOf,
  qualityOf,
  type ReleaseTruth,
  replay,
  trainAdviser,
  usualTraining,
  simulatedVersions as versions,
} from 'galerkin/control';
import type { RequestSample } from 'galerkin/observe';
import { adviseSessions } from './fixtures/advised-sessions.js';
import { logisticRegression } from './peers/logistic-regression.js';
import { type BenchResult, median } from './result.js';

const heldReleases = 1500;
const heldSeed = 777;
const confidence = 0.95;
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Seconds of this process's CPU time, and what was computed. */
function cpu<T>(compute: () => T): [number, T] {
  const start = process.cpuUsage();
  const value = compute();
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1e6, value];
}

function described(name: string, probabilities: Float64Array, { labels }: Examples): BenchResult[] {
  const { auc, brier, calibrationError, confident, right, rows, worse } = qualityOf(probabilities, labels, confidence);
  const note = `Brier ${brier.toFixed(3)}, calibration error ${calibrationError.toFixed(3)}; sure at 95 % in ${percent(confident)} of ${rows} rows (${percent(worse)} worse), right in ${percent(right)} of those`;
  return [{ name: `${name}: AUC`, value: auc, unit: '', note }];
}

/** Says 'worse' where the mean latency or the error rate looks worse than its margin: what thresholds in a pipeline do. */
function thresholdRule({ columns, rows, labels }: Examples): BenchResult {
  const columnOf = (name: string): number => features.findIndex(feature => feature.name === name);
  const looked = ['latency.mean.effect', 'errors.rate.effect'].map(columnOf);
  const scores = Float64Array.from(labels, (_, row) =>
    Math.max(...looked.map(column => rows[row * columns + column]).map(value => (Number.isNaN(value) ? 0 : value))),
  );
  const called = scores.map(score => (score > 1 ? 1 : 0));
  const right = called.filter((call, row) => call === labels[row]).length / labels.length;
  const { auc } = qualityOf(scores, labels, confidence);
  return {
    name: 'plain thresholds on latency and errors: AUC',
    value: auc,
    unit: '',
    note: `right in ${percent(right)} of all rows`,
  };
}

const accuracy = (probabilities: Float64Array, { labels }: Examples): string =>
  percent(probabilities.filter((p, row) => p > 0.5 === (labels[row] === 1)).length / labels.length);

/** Every difference of times matters, however small. */
const everyTime = { 'latency-mean': 0, 'latency-p99': 0, 'resource-use': 0 };

/** One adviser, asked after every `every` requests of a release. @returns requests until it first asked for caution */
async function firstHold(truth: ReleaseTruth, seed: number, every: number): Promise<number> {
  const adviser = await openAdviser({ versions, confidence, margins: truth.margins, least: everyTime });
  const stretches: RequestSample[][] = [[]];
  replay(truth, seededRandom(seed), {
    hear: sample => stretches[stretches.length - 1].push(sample),
    asked: requests => {
      if (requests % every === 0) stretches.push([]);
    },
  });
  let requests = 0;
  for (const stretch of stretches) {
    for (const sample of stretch) adviser.hear(sample);
    requests += every;
    if ((await adviser.advise(0))?.advice === 'hold') break;
    if (stretch === stretches[stretches.length - 1]) requests = Number.POSITIVE_INFINITY;
  }
  await adviser.close();
  return requests;
}

const unchanged = (truth: ReleaseTruth): ReleaseTruth => ({
  ...truth,
  change: { ...noChange, coldRequests: truth.change.coldRequests },
});

async function looks(): Promise<BenchResult[]> {
  const truths = Array.from({ length: 250 }, (_, k) => unchanged(drawTruth(seededRandom(heldSeed).fork(k))));
  const every = 25;
  let alarms = 0;
  for (const [k, truth] of truths.entries()) if (Number.isFinite(await firstHold(truth, k, every))) alarms++;
  const found: number[] = [];
  for (const [k, truth] of truths.slice(0, 100).entries()) {
    const doubled = {
      ...truth,
      samples: 1600,
      change: { ...truth.change, latency: Math.LN2 },
      world: { ...truth.world, share: 0.5 },
    };
    found.push(await firstHold(doubled, k, every));
  }
  return [
    {
      name: 'unchanged candidates that were ever held, at 95 %',
      value: (100 * alarms) / truths.length,
      unit: '%',
      note: `of ${truths.length} whole releases, asked every ${every} requests; it is no sequential test and promises no rate`,
    },
    {
      name: 'latency doubled, half of the traffic: requests of both until held, median',
      value: median(found),
      unit: 'requests',
      note: `${found.filter(Number.isFinite).length} of ${found.length} found within 1600 requests`,
    },
  ];
}

/** How often caution is asked for at the end of a release whose candidate is slower, where small differences matter and where not. */
async function smallDifferences(): Promise<BenchResult[]> {
  const releases = 100;
  const results: BenchResult[] = [];
  for (const [name, latencyMs, factor] of [
    ['30 % more of 1 ms', 1, 1.3],
    ['twice 0.2 ms', 0.2, 2],
    ['twice 1 ms', 1, 2],
    ['30 % more of 20 ms', 20, 1.3],
  ] as const) {
    const held = { all: 0, usual: 0 };
    for (let k = 0; k < releases; k++) {
      const drawn = drawTruth(seededRandom(99).fork(k));
      const world = { ...drawn.world, latencyMs, share: 0.4 };
      const truth = { ...drawn, samples: 1500, change: { ...noChange, latency: Math.log(factor) }, world };
      for (const [which, least] of [['all', everyTime] as const, ['usual', {}] as const]) {
        const adviser = await openAdviser({ versions, confidence, margins: truth.margins, least });
        replay(truth, seededRandom(k), { hear: sample => adviser.hear(sample) });
        if ((await adviser.advise(0))?.advice === 'hold') held[which]++;
        await adviser.close();
      }
    }
    const note = `of ${releases} releases of 1500 requests; ${held.all} where every difference matters`;
    results.push({ name: `${name}, 0.5 ms do not matter: held`, value: held.usual, unit: 'releases', note });
  }
  return results;
}

/** Releases of real sessions, with this machine's own noise: advice of each kind. */
async function real(): Promise<BenchResult[]> {
  const layers = 8;
  const requests = 800;
  const sessions = await adviseSessions(layers);
  const results: BenchResult[] = [];
  for (const [name, candidate, trials] of [
    ['the same network', 8, 20],
    ['a quarter more layers', 10, 10],
    ['twice the layers', 16, 10],
  ] as const) {
    const said: string[] = [];
    const found: number[] = [];
    for (let trial = 0; trial < trials; trial++) {
      const advice = await sessions.release(candidate, requests, trial);
      said.push(advice?.advice ?? 'nothing');
      found.push(advice?.probability ?? Number.NaN);
    }
    const count = (word: string): number => said.filter(each => each === word).length;
    const note = `${trials} releases of ${requests} requests: hold ${count('hold')}, nothing ${count('nothing')}, go ${count('go')}`;
    results.push({
      name: `real sessions, ${name}: probability of worse, median`,
      value: median(found),
      unit: '',
      note,
    });
  }
  await sessions.close();
  return results;
}

/** CPU time for a sample and for an advice, medians of rounds. */
async function costs(): Promise<BenchResult[]> {
  const samples: RequestSample[] = [];
  const truth = {
    ...drawTruth(seededRandom(5)),
    samples: 100_000,
    visible: { guard: true, compute: true, mirror: 0.2, checked: 0.1 },
  };
  replay(truth, seededRandom(5), { hear: sample => samples.push(sample) });
  const adviser = await openAdviser({ versions });
  const [heard, advised]: [number[], number[]] = [[], []];
  for (let round = 0; round < 5; round++) {
    const [seconds] = cpu(() => {
      for (const sample of samples) adviser.hear(sample);
    });
    heard.push((1e9 * seconds) / samples.length);
    const start = process.cpuUsage();
    for (let k = 0; k < 200; k++) await adviser.advise(k);
    const { user, system } = process.cpuUsage(start);
    advised.push((user + system) / 200);
  }
  await adviser.close();
  return [
    {
      name: 'hear one sample, CPU',
      value: median(heard),
      unit: 'ns',
      note: `${samples.length} samples, every figure measured`,
    },
    {
      name: 'one advice with its reasons, CPU',
      value: median(advised),
      unit: 'us',
      note: 'features, session, Shapley values',
    },
  ];
}

function sizes(): BenchResult {
  const bytes = (name: string): number =>
    statSync(fileURLToPath(new URL(`control/advisor/${name}`, new URL('.', import.meta.resolve('galerkin'))))).size;
  return {
    name: 'adviser.onnx',
    value: bytes('adviser.onnx') / 1024,
    unit: 'KiB',
    note: `adviser.json ${(bytes('adviser.json') / 1024).toFixed(0)} KiB`,
  };
}

/** On simulated releases that nothing was fitted to. */
export async function run(): Promise<BenchResult[]> {
  const [trainingSeconds, { forest }] = cpu(() => trainAdviser());
  const held = makeExamples(heldSeed, heldReleases);
  const [regressionSeconds, regression] = cpu(() =>
    logisticRegression(makeExamples(usualTraining.seed, usualTraining.train)),
  );
  const [ofForest, ofRegression] = [probabilitiesOf(forest, held), regression(held)];
  return [
    ...described('boosted trees', ofForest, held),
    ...described('logistic regression on the same features', ofRegression, held),
    thresholdRule(held),
    {
      name: 'right at one half: trees',
      value: Number.parseFloat(accuracy(ofForest, held)),
      unit: '%',
      note: `logistic regression ${accuracy(ofRegression, held)}`,
    },
    ...(await looks()),
    ...(await smallDifferences()),
    ...(await real()),
    ...(await costs()),
    sizes(),
    {
      name: 'training, CPU',
      value: trainingSeconds,
      unit: 's',
      note: `${forest.trees.length} trees; simulating, boosting, calibrating, measuring; the regression ${regressionSeconds.toFixed(1)} s`,
    },
  ];
}
