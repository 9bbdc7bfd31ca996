// The whole making of the adviser: simulated releases, boosting, calibration, and figures on releases that nothing was fitted to.
import { integerOption, optionSchema, resolveOptions } from '../../../base/index.js';
import { boost, type Labelled } from '../boosting/boost.js';
import { plattScaling } from '../boosting/platt.js';
import { type Quality, qualityOf } from '../boosting/quality.js';
import { type Forest, logOddsOf, scaled, sigmoid } from '../boosting/tree.js';
import { makeExamples } from '../simulator/examples.js';

const releases = (doc: string, usual: number) =>
  integerOption({ doc, unit: 'releases', default: usual, min: 10, max: 1_000_000 });

export const trainingOptions = optionSchema({
  seed: integerOption({
    doc: 'Of the releases, the rows and the columns drawn.',
    default: 20_261_122,
    min: 0,
    max: 2 ** 31,
  }),
  train: releases('Simulated releases that trees are grown on.', 2200),
  validation: releases('Further ones that say when to stop.', 350),
  calibration: releases('Further ones that the probability is made honest on.', 550),
  test: releases('Further ones that only the figures are taken from.', 550),
});

export interface TrainingOptions {
  /** @default 20261122 */
  readonly seed?: number;
  /** Simulated releases that trees are grown on, at least 10 as all of them; no release is in two parts. @default 2200 */
  readonly train?: number;
  /** For stopping early. @default 350 */
  readonly validation?: number;
  /** For calibration. @default 550 */
  readonly calibration?: number;
  /** For the figures. @default 550 */
  readonly test?: number;
}

/** What `npm run build` trains with. */
export const usualTraining = resolveOptions('trainAdviser', trainingOptions, {});

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

/** Trains, calibrates and measures: about a millisecond and a half of CPU a release. The same options give the same forest. @throws OPTIONS_INVALID */
export function trainAdviser(options: TrainingOptions = {}): TrainedAdviser {
  const { seed, train, validation, calibration, test } = resolveOptions('trainAdviser', trainingOptions, options);
  const raw = boost(makeExamples(seed, train), makeExamples(seed + 1, validation), { seed });
  const honest = makeExamples(seed + 2, calibration);
  const forest = scaled(raw, plattScaling(logOddsOfRows(raw, honest), honest.labels));
  const held = makeExamples(seed + 3, test);
  return { forest, quality: qualityOf(probabilitiesOf(forest, held), held.labels, confidenceOfFigures) };
}
