// Labelled examples: simulated releases as they look at a few moments, each with what is true of what can be seen of it.
import { type Random, seededRandom } from '../../../base/index.js';
import { type FeatureGroup, featureGroups, featureRow, features } from '../features/features.js';
import { Heard } from '../features/heard.js';
import { type AdvisedMetric, advisedMetrics, type Margins } from '../features/margins.js';
import { type TrueEffects, trueEffects } from './effects.js';
import { replay, simulatedVersions } from './replay.js';
import { drawTruth } from './truth.js';

/** Rows of features, one after another, each with a label: 1 where the candidate is truly worse than a margin. */
export interface Examples {
  readonly columns: number;
  readonly rows: Float32Array;
  readonly labels: Uint8Array;
}

/** Whether a metric belongs to the groups that are looked at, and has been measured for both versions. */
const metricSeen: Readonly<Record<AdvisedMetric, (heard: Heard) => FeatureGroup | undefined>> = {
  'latency-mean': () => 'latency',
  'latency-p99': () => 'latency',
  'error-rate': () => 'error_rate',
  'guard-rate': heard => (heard.rejections[1].count > 0 ? 'accuracy' : undefined),
  residual: heard => (heard.rejections[1].count > 0 ? 'accuracy' : undefined),
  conservation: heard => (heard.rejections[1].count > 0 ? 'accuracy' : undefined),
  accuracy: heard => (heard.difference.count > 0 ? 'accuracy' : undefined),
  'resource-use': heard => (heard.computed ? 'resource_usage' : undefined),
};

/** 1 where a figure that is seen is truly beyond its margin. What is not measured does not count. */
export function labelOf(
  { effects, margins }: { readonly effects: TrueEffects; readonly margins: Margins },
  heard: Heard,
  groups: ReadonlySet<FeatureGroup>,
): 0 | 1 {
  return advisedMetrics.some(metric => {
    const group = metricSeen[metric](heard);
    return group !== undefined && groups.has(group) && effects[metric] > margins[metric];
  })
    ? 1
    : 0;
}

const all: ReadonlySet<FeatureGroup> = new Set(featureGroups);

/** Mostly all groups; else some are left out, so that the model learns to do without. */
function drawGroups(random: Random): ReadonlySet<FeatureGroup> {
  if (random.uniform() < 0.75) return all;
  const kept = featureGroups.filter(() => random.uniform() < 0.5);
  return kept.length === 0 ? all : new Set(kept);
}

const moments = 3;
const fewestRequests = 30;

/** Numbers of requests, spread evenly in the logarithm, the last at the end. */
function momentsOf(samples: number, random: Random): Set<number> {
  const from = Math.log(fewestRequests);
  const drawn = Array.from({ length: moments - 1 }, () =>
    Math.round(Math.exp(from + (Math.log(samples) - from) * random.uniform())),
  );
  return new Set([...drawn, samples]);
}

/** Examples of so many releases; the same seed gives the same. About a millisecond and a half a release. */
export function makeExamples(seed: number, releases: number): Examples {
  const columns = features.length;
  const rows = new Float32Array(releases * moments * columns);
  const labels = new Uint8Array(releases * moments);
  let row = 0;
  for (let release = 0; release < releases; release++) {
    const random = seededRandom(seed).fork(release);
    const truth = drawTruth(random);
    const heard = new Heard(simulatedVersions);
    const looks = momentsOf(truth.samples, random);
    const groups = drawGroups(random);
    const known = { effects: trueEffects(truth), margins: truth.margins };
    const asked = (requests: number) => {
      if (!looks.has(requests) || !heard.enough) return;
      rows.set(featureRow(heard, truth.margins, groups), row * columns);
      labels[row++] = labelOf(known, heard, groups);
    };
    replay(truth, random, { hear: sample => heard.hear(sample), asked });
  }
  return { columns, rows: rows.subarray(0, row * columns), labels: labels.subarray(0, row) };
}
