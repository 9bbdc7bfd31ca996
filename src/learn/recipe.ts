// The recipe of a training: every number that decides its result, each described once, and the options that override a preset's.
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { choiceOption, GalerkinError, integerOption, optionSchema, resolveOptions, textOption } from '../base/index.js';
import { presetNames, presets, type Recipe } from './presets.js';

interface Described {
  readonly doc: string;
  readonly unit?: string;
  readonly min: number;
  readonly max?: number;
}

const describe = ({ doc, unit }: Described): { description: string; unit?: string } => {
  const description = `${doc}; default: the preset's`;
  return unit === undefined ? { description } : { description, unit };
};
const bounded = (base: z.ZodNumber, { min, max }: Described): z.ZodNumber =>
  max === undefined ? base.min(min) : base.min(min).max(max);
const whole = (doc: Described) => bounded(z.int(), doc).optional().meta(describe(doc));
const real = (doc: Described) => bounded(z.number(), doc).optional().meta(describe(doc));

/** Options of `learn`; what is not given comes from the preset. */
export const learnOptions = optionSchema({
  preset: choiceOption(presetNames, { doc: 'Recipe to start from', default: 'quick' }),
  folder: textOption({ doc: 'Working folder for data, trainings and models', default: '.galerkin' }),
  seed: integerOption({ doc: 'Seed of the fields, the first weights and the order of training', default: 0, min: 0 }),
  threads: integerOption({
    doc: 'Threads of the native training step; 0 takes all cores, at most 8',
    default: 0,
    min: 0,
    max: 256,
  }),
  n: whole({ doc: 'Grid nodes per side', unit: 'nodes', min: 8, max: 512 }),
  fields: whole({ doc: 'Fields to train on', unit: 'fields', min: 1, max: 1e6 }),
  testFields: whole({ doc: 'Unseen fields for the test error', unit: 'fields', min: 16, max: 1e5 }),
  calibrationFields: whole({ doc: "Unseen fields that set the guard's bounds", unit: 'fields', min: 100, max: 1e5 }),
  width: whole({ doc: 'Channels of the hidden layers', unit: 'channels', min: 1, max: 512 }),
  modes: whole({ doc: 'Fourier modes kept per axis and sign', unit: 'modes', min: 1, max: 256 }),
  layers: whole({ doc: 'Fourier layers', unit: 'layers', min: 1, max: 32 }),
  headWidth: whole({ doc: 'Channels of the projection', unit: 'channels', min: 1, max: 2048 }),
  padding: whole({ doc: 'Empty nodes between the periodic images of the domain', unit: 'nodes', min: 0, max: 512 }),
  epochs: whole({ doc: 'Passes over the training fields', unit: 'epochs', min: 1, max: 1e5 }),
  batch: whole({ doc: 'Fields in one training step', unit: 'fields', min: 1, max: 4096 }),
  learningRate: real({ doc: 'Peak learning rate', min: 0, max: 1e6 }),
  warmUp: real({ doc: 'Share of the steps in which the learning rate rises', min: 0, max: 1 }),
  weightDecay: real({ doc: 'Decoupled weight decay of AdamW', min: 0, max: 10 }),
  gradientWeight: real({ doc: 'Share of the relative error of the gradient in the loss', min: 0, max: 1 }),
  evaluateEvery: whole({ doc: 'Epochs between two evaluations and checkpoints', unit: 'epochs', min: 1, max: 1e5 }),
});

export type LearnOptions = z.input<typeof learnOptions>;

export interface LearnConfig {
  readonly preset: string;
  readonly folder: string;
  readonly seed: number;
  readonly threads: number;
  readonly recipe: Recipe;
}

/** More threads than this have nothing to share in steps of this size. */
const usefulThreads = (): number => Math.min(8, availableParallelism());

function faultsOf({ n, modes, padding, batch, fields }: Recipe): string[] {
  const faults: string[] = [];
  if (2 * modes > n + padding) {
    faults.push(`modes: ${modes} modes need n + padding of at least ${2 * modes}, got ${n + padding}`);
  }
  if (batch > fields) faults.push(`batch: a batch of ${batch} needs as many training fields, got ${fields}`);
  return faults;
}

/**
 * Completes the options from the preset, and checks them.
 * @throws OPTIONS_INVALID with all faults.
 */
export function resolveLearn(options: LearnOptions): LearnConfig {
  const { preset, folder, seed, threads, ...overrides } = resolveOptions('learn', learnOptions, options);
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const recipe: Recipe = Object.freeze({ ...presets[preset], ...given });
  const faults = faultsOf(recipe);
  if (faults.length > 0) throw new GalerkinError('OPTIONS_INVALID', { of: 'learn', faults });
  return Object.freeze({ preset, folder, seed, threads: threads === 0 ? usefulThreads() : threads, recipe });
}
