// What is true of one simulated release: the world it runs in, what the candidate does to it, and what can be seen of it.
import type { Random } from '../../../base/index.js';
import { advisedMetrics, type Margins, usualMargins } from '../features/margins.js';

/** Load and noise that meet both versions alike. Logarithms are natural. */
export interface World {
  readonly ratePerSecond: number;
  /** Amplitude of the rate's slow change, in logarithms. */
  readonly rateSwing: number;
  readonly share: number;
  /** The share grows by this factor at two thirds of the release, as canaries' do. */
  readonly shareStep: number;
  readonly latencyMs: number;
  readonly noise: number;
  /** Requests with a Pareto tail, and its exponent. */
  readonly tailShare: number;
  readonly tailExponent: number;
  /** Load that comes and goes: an AR(1) process in time, and bursts. */
  readonly waves: number;
  readonly waveSeconds: number;
  readonly burstsPerSecond: number;
  readonly burstFactor: number;
  readonly driftPerRelease: number;
  readonly failures: number;
  readonly cached: number;
  /** Computing time as a part of the latency, and its own noise. */
  readonly computeShare: number;
  readonly computeNoise: number;
  readonly residual: number;
  readonly residualNoise: number;
  readonly rejections: number;
  readonly stableError: number;
  /** Power with which the residual follows the error. */
  readonly residualFollows: number;
  readonly errorNoise: number;
  /** The part of a residual and of an error that comes from the input, and so is the same for both versions. */
  readonly shared: number;
}

/** What the candidate does, as logarithms of factors or as added shares; 0 is no change. */
export interface Change {
  readonly latency: number;
  /** Requests of the candidate that a stall makes slower, and by which factor. */
  readonly stalls: number;
  readonly stallFactor: number;
  readonly compute: number;
  readonly failures: number;
  readonly rejections: number;
  readonly residual: number;
  readonly flux: number;
  /** Added relative L2 error. */
  readonly error: number;
  /** 0: there from the first request. Otherwise it grows over this part of the release. */
  readonly onset: number;
  /** First requests of a cold start, slower by a factor; not a fault. */
  readonly coldRequests: number;
}

/** Which figures the model has at all. */
export interface Visible {
  readonly guard: boolean;
  readonly compute: boolean;
  /** Part of the stable version's requests that are copied; 0 shows no pairs. */
  readonly mirror: number;
  /** Part of the copies that are held against the truth. */
  readonly checked: number;
}

export interface ReleaseTruth {
  readonly world: World;
  readonly change: Change;
  readonly visible: Visible;
  readonly margins: Margins;
  readonly samples: number;
  /** Both versions are one file: answers are equal to the last digit. */
  readonly identical: boolean;
}

const between = (random: Random, low: number, high: number): number => low + (high - low) * random.uniform();
const logBetween = (random: Random, low: number, high: number): number =>
  Math.exp(between(random, Math.log(low), Math.log(high)));
const sometimes = (random: Random, share: number, value: () => number): number =>
  random.uniform() < share ? value() : 0;

function drawWorld(random: Random): World {
  return {
    ratePerSecond: logBetween(random, 2, 300),
    rateSwing: sometimes(random, 0.5, () => between(random, 0, 1.2)),
    share: logBetween(random, 0.02, 0.5),
    shareStep: sometimes(random, 0.4, () => between(random, 0.5, 4)) + 1,
    latencyMs: logBetween(random, 0.05, 2000),
    noise: logBetween(random, 0.03, 0.8),
    tailShare: sometimes(random, 0.6, () => logBetween(random, 0.001, 0.03)),
    tailExponent: between(random, 1.6, 4),
    waves: sometimes(random, 0.6, () => logBetween(random, 0.03, 0.6)),
    waveSeconds: logBetween(random, 0.3, 60),
    burstsPerSecond: sometimes(random, 0.5, () => logBetween(random, 0.005, 0.2)),
    burstFactor: between(random, 1.2, 5),
    driftPerRelease: sometimes(random, 0.4, () => 0.4 * random.normal()),
    failures: sometimes(random, 0.5, () => logBetween(random, 0.0005, 0.03)),
    cached: sometimes(random, 0.3, () => between(random, 0, 0.6)),
    computeShare: between(random, 0.2, 0.95),
    computeNoise: logBetween(random, 0.02, 0.5),
    residual: logBetween(random, 1e-5, 0.3),
    residualNoise: logBetween(random, 0.1, 1),
    rejections: sometimes(random, 0.5, () => logBetween(random, 0.001, 0.05)),
    stableError: logBetween(random, 0.004, 0.12),
    residualFollows: between(random, 0, 0.6),
    errorNoise: logBetween(random, 0.1, 0.7),
    shared: between(random, 0.3, 0.98),
  };
}

function drawMargins(random: Random): Margins {
  const margins: Record<keyof Margins, number> = { ...usualMargins };
  for (const metric of advisedMetrics) margins[metric] *= random.uniform() < 0.4 ? 1 : logBetween(random, 0.5, 2);
  return margins;
}

/** A candidate that is what the stable version is. */
export const noChange: Change = Object.freeze({
  latency: 0,
  stalls: 0,
  stallFactor: 1,
  compute: 0,
  failures: 0,
  rejections: 0,
  residual: 0,
  flux: 0,
  error: 0,
  onset: 0,
  coldRequests: 0,
});

const kinds = ['latency', 'stalls', 'compute', 'failures', 'rejections', 'residual', 'flux', 'error'] as const;
type Kind = (typeof kinds)[number];

/** One kind of change, from a fifth of its margin to twenty times it; better instead of worse at times. */
function changed(kind: Kind, random: Random, margins: Margins): Partial<Change> {
  const size = logBetween(random, 0.15, 20) * (random.uniform() < 0.15 ? -1 : 1);
  /** Better by at most the half. */
  const factor = (margin: number) => Math.max(-0.7, size > 0 ? Math.log1p(size * margin) : size * margin);
  switch (kind) {
    case 'latency':
      return { latency: factor(margins['latency-mean']) };
    case 'stalls':
      return { stalls: logBetween(random, 0.003, 0.08), stallFactor: logBetween(random, 1.5, 30) };
    case 'compute':
      return { compute: factor(margins['resource-use']) };
    case 'failures':
      return { failures: Math.min(0.5, Math.max(0, size * margins['error-rate'])) };
    case 'rejections':
      return { rejections: Math.min(0.9, Math.max(0, size * margins['guard-rate'])) };
    case 'residual':
      return { residual: factor(margins.residual) };
    case 'flux':
      return { flux: factor(margins.conservation) };
    case 'error':
      return { error: Math.min(1, size * margins.accuracy) };
  }
}

function drawChange(random: Random, margins: Margins): Change {
  const drawn = random.uniform();
  const count = drawn < 0.35 ? 0 : drawn < 0.85 ? 1 : 2;
  const changes = Array.from({ length: count }, () => changed(kinds[random.integer(kinds.length)], random, margins));
  return {
    ...noChange,
    ...Object.assign({}, ...changes),
    onset: count > 0 ? sometimes(random, 0.12, () => between(random, 0.2, 1)) : 0,
    coldRequests: Math.round(sometimes(random, 0.4, () => between(random, 1, 6))),
  };
}

/**
 * Draws a release. About a third of the candidates change nothing; of the others most are worse in one figure, by a fifth of its
 * margin to twenty times it.
 */
export function drawTruth(random: Random): ReleaseTruth {
  const margins = drawMargins(random);
  const identical = random.uniform() < 0.08;
  const mirror = sometimes(random, 0.5, () => logBetween(random, 0.01, 1));
  return {
    world: drawWorld(random),
    change: identical ? { ...noChange, coldRequests: random.integer(5) } : drawChange(random, margins),
    visible: {
      guard: random.uniform() < 0.65,
      compute: random.uniform() < 0.85,
      mirror,
      checked: sometimes(random, 0.4, () => logBetween(random, 0.01, 0.5)),
    },
    margins,
    samples: Math.round(logBetween(random, 80, 1600)),
    identical,
  };
}
