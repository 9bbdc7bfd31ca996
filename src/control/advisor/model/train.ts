// The whole making of the adviser: simulated releases, boosting, calibration, and figures on releases that nothing was fitted to.
import { boost, type Labelled } from '../boosting/boost.js';
import { plattScaling } from '../boosting/platt.js';
import { type Quality, qualityOf } from '../boosting/quality.js';
import { type Forest, logOddsOf, scaled, sigmoid } from '../boosting/tree.js';
import { makeExamples } from '../simulator/examples.js';

/** Simulated releases for each part; no release is in two. */
export interface TrainingOptions {
  readonly seed: number;
  readonly train: number;
  /** For stopping early. */
  readonly validation: number;
  /** For calibration. */
  readonly calibration: number;
  /** For the figures. */
  readonly test: number;
}

/** What `npm run build` trains with. */
export const usualTraining: TrainingOptions = Object.freeze({
  seed: 20_261_122,
  train: 2200,
  validation: 350,
  calibration: 550,
  test: 550,
});

export interface TrainedAdviser {
  /** Calibrated: its log odds are those of an honest probability. */
  readonly forest: Forest;
  readonly quality: Quality;
}

const confidenceOfFigures = 0.95;

const logOddsOfRows = (forest: Forest, { rows, columns, labels }: Labelled): Float64Array =>
  Float64Array.from(labels, (_, row) => logOddsOf(forest, rows, row * columns));

/** Of each row: the probability that it is worse, as the forest says. */
export const probabilitiesOf = (forest: Forest, rows: Labelled): Float64Array =>
  logOddsOfRows(forest, rows).map(sigmoid);

/** Trains, calibrates and measures. The same options give the same forest. */
export function trainAdviser(options: Partial<TrainingOptions> = {}): TrainedAdviser {
  const { seed, train, validation, calibration, test } = { ...usualTraining, ...options };
  const raw = boost(makeExamples(seed, train), makeExamples(seed + 1, validation), { seed });
  const honest = makeExamples(seed + 2, calibration);
  const forest = scaled(raw, plattScaling(logOddsOfRows(raw, honest), honest.labels));
  const held = makeExamples(seed + 3, test);
  return { forest, quality: qualityOf(probabilitiesOf(forest, held), held.labels, confidenceOfFigures) };
}
