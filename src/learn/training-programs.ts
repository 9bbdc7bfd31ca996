// The two native programs of a training: one step (loss, gradient and update in one graph), and the errors of held-out fields.
import { compileNative, type NativeProgram, type Spec, type Traced, valueAndGrad } from '../compile/index.js';
import { type AdamwOptions, adamw, type Moments, type StepScalars } from './adamw.js';
import { relativeError, trainingLoss } from './loss.js';
import type { Operator } from './operator.js';
import { freeingConstants, type HostArray, mapWeights, type Weights } from './traced-arrays.js';

/** Everything that a step changes. */
export type TrainingState<Leaf> = {
  readonly weights: Weights<Leaf>;
  readonly moments: Moments<Leaf>;
};

export type FieldBatch<Leaf> = {
  /** [batch, n, n] */
  readonly input: Leaf;
  readonly truth: Leaf;
};

export type StepProgram = NativeProgram<
  [state: TrainingState<Traced>, fields: FieldBatch<Traced>, scalars: StepScalars<Traced>],
  { loss: Traced; state: TrainingState<Traced> }
>;
export type ErrorProgram = NativeProgram<[weights: Weights<Traced>, fields: FieldBatch<Traced>], Traced>;

const specOf = ({ shape }: { readonly shape: readonly number[] }): Spec => ({ shape, dtype: 'float32' });
const specsOf = (weights: Weights<HostArray>): Weights<Spec> => mapWeights(weights, specOf);

function fieldSpecs(n: number, batch: number): FieldBatch<Spec> {
  const spec = specOf({ shape: [batch, n, n] });
  return { input: spec, truth: spec };
}

export interface ProgramOptions {
  readonly batch: number;
  readonly threads: number;
}

/** Compiles one training step: forward, loss, gradient, AdamW; only matrices and fields cross its border. */
export function compileStep(
  operator: Operator,
  weights: Weights<HostArray>,
  options: ProgramOptions & { readonly gradientWeight: number; readonly optimizer: AdamwOptions },
): Promise<StepProgram> {
  const { batch, threads, gradientWeight, optimizer } = options;
  const loss = (current: Weights<Traced>, input: Traced, truth: Traced): Traced =>
    trainingLoss(operator.forward(current, input), truth, gradientWeight);
  const step = (
    state: TrainingState<Traced>,
    { input, truth }: FieldBatch<Traced>,
    scalars: StepScalars<Traced>,
  ): { loss: Traced; state: TrainingState<Traced> } => {
    const [value, gradient] = valueAndGrad(loss)(state.weights, input, truth);
    return { loss: value, state: adamw({ ...state, gradient }, scalars, optimizer) };
  };
  const like = specsOf(weights);
  const scalar = specOf({ shape: [] });
  return freeingConstants(() =>
    compileNative(
      step,
      [
        { weights: like, moments: { first: like, second: like } },
        fieldSpecs(operator.n, batch),
        { rate: scalar, epsilon: scalar, keep: scalar },
      ],
      { threads },
    ),
  );
}

/** Compiles the relative L2 errors [batch] of the operator on fields whose truth is known. */
export function compileErrors(
  operator: Operator,
  weights: Weights<HostArray>,
  { batch, threads }: ProgramOptions,
): Promise<ErrorProgram> {
  const errors = (current: Weights<Traced>, { input, truth }: FieldBatch<Traced>): Traced =>
    relativeError(operator.forward(current, input), truth);
  return freeingConstants(() => compileNative(errors, [specsOf(weights), fieldSpecs(operator.n, batch)], { threads }));
}
