// Presets as data: complete recipes, each settled by measurement (docs/learn.md has the figures).

/** Every number that decides the result of a training, but the seed. Units as in the options. */
export interface Recipe {
  readonly n: number;
  readonly fields: number;
  readonly testFields: number;
  readonly calibrationFields: number;
  readonly width: number;
  readonly modes: number;
  readonly layers: number;
  readonly headWidth: number;
  readonly padding: number;
  readonly epochs: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly warmUp: number;
  readonly weightDecay: number;
  readonly gradientWeight: number;
  readonly evaluateEvery: number;
}

export const presetNames = ['quick', 'paper', 'tiny'] as const;
export type PresetName = (typeof presetNames)[number];

const common = {
  testFields: 100,
  calibrationFields: 500,
  layers: 4,
  headWidth: 64,
  padding: 8,
  learningRate: 6e-3,
  warmUp: 0.1,
  weightDecay: 1e-4,
  gradientWeight: 0.5,
} as const;

export const presets: Readonly<Record<PresetName, Recipe>> = Object.freeze({
  /** The model of the first start: a minute of training on two cores. */
  quick: { ...common, n: 32, fields: 2000, width: 20, modes: 10, epochs: 8, batch: 16, evaluateEvery: 1 },
  /** The size of Li et al. 2021: 64 x 64 nodes, 1000 fields, width 32, 12 modes. */
  paper: { ...common, n: 64, fields: 1000, width: 32, modes: 12, epochs: 40, batch: 8, evaluateEvery: 2 },
  /** Seconds, for tests. */
  tiny: {
    ...common,
    n: 16,
    fields: 160,
    testFields: 32,
    calibrationFields: 128,
    width: 8,
    modes: 5,
    layers: 3,
    headWidth: 24,
    padding: 4,
    epochs: 6,
    batch: 8,
    evaluateEvery: 3,
  },
});
